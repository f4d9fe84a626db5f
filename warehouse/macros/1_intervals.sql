-- Arithmetic on intervals. An interval is a struct of its bounds, made by bounds(low, high, low_open, high_open);
-- one whose bounds are null is a masked figure, and whatever is computed from it is null too.
-- Whatever the true values inside the intervals are, the true result lies inside the result.

create macro bounds(low, high, low_open := false, high_open := false) as
    {low: low::double, high: high::double, low_open: low_open, high_open: high_open};
comment on macro bounds is '区间：an interval from its two ends; both null for a masked figure. bounds(30000, 40000, high_open := true) is 3万余';

create macro interval_add(this, that) as bounds(
    this.low + that.low,
    this.high + that.high,
    this.low_open or that.low_open,
    this.high_open or that.high_open
);
comment on macro interval_add is '区间之和：the sum of two intervals';

create macro interval_sum(intervals) as
    case when count(*) = count(intervals.low) then bounds(
        coalesce(sum(intervals.low), 0),
        coalesce(sum(intervals.high), 0),
        coalesce(bool_or(intervals.low_open), false),
        coalesce(bool_or(intervals.high_open), false)
    ) else bounds(null, null) end;
comment on macro interval_sum is '区间总和：the sum of the intervals of a group of rows, an aggregate; masked where one of them is';

create macro interval_sub(this, that) as bounds(
    this.low - that.high,
    this.high - that.low,
    this.low_open or that.high_open,
    this.high_open or that.low_open
);
comment on macro interval_sub is '区间之差：the first interval less the second';

create macro interval_scale(this, factor) as bounds(
    this.low * factor,
    case when factor = 0 then 0 else this.high * factor end,
    this.low_open and factor > 0,
    this.high_open and factor > 0
);
comment on macro interval_scale is '区间倍数：an interval times a number that is not below zero';

create macro interval_div(this, that) as
    case when this.low >= 0 and that.low >= 0 and that.high > 0 then bounds(
        case when isinf(that.high) then 0 else this.low / that.high end,
        case when this.high = 0 then 0 when that.low = 0 then 'infinity'::double else this.high / that.low end,
        this.low > 0 and (this.low_open or that.high_open),
        this.high > 0 and (this.high_open or that.low_open)
    ) else bounds(null, null) end;
comment on macro interval_div is '区间之商：the first interval divided by the second, both of what is never negative; else masked';

create macro rate_per(this, total, unit) as bounds(
    this.low * unit / nullif(total, 0),
    this.high * unit / nullif(total, 0),
    this.low_open,
    this.high_open
);
comment on macro rate_per is '比率：an interval per so many (unit) of a total that is known exactly';

create macro rate_per_10k(this, people) as rate_per(this, people, 10000);
comment on macro rate_per_10k is '每万人：an interval per 10 000 people';

create macro rate_per_km2(this, area) as interval_div(this, interval_scale(area, 0.000001));
comment on macro rate_per_km2 is '每平方公里：an interval per square kilometre of an area in square metres, itself an interval';

create macro certainly_more(this, that) as coalesce(
    this.low > that.high or (this.low = that.high and (this.low_open or that.high_open)),
    false
);
comment on macro certainly_more is '必定更多：whether every number of the first interval is greater than every number of the second';

create macro interval_contradicts(this, that) as certainly_more(this, that) or certainly_more(that, this);
comment on macro interval_contradicts is '区间矛盾：whether no number lies in both intervals';

create macro interval_compare(this, that) as
    case
        when certainly_more(this, that) then 'more'
        when certainly_more(that, this) then 'less'
        when this.low = this.high and that.low = that.high and this.low = that.low then 'same'
        else 'can''t tell'
    end;
comment on macro interval_compare is '区间比较：more, less, same (two exact and equal numbers) or can''t tell';

create macro number_text(number) as
    case when number = floor(number) and abs(number) < 1e15 then try_cast(number as bigint)::varchar
        else number::varchar end;
comment on macro number_text is '数字文本：a number as text, without a fraction where it is whole';

create macro interval_text(this) as
    case
        when this.low is null then 'masked'
        when this.low = this.high then number_text(this.low)
        when isinf(this.high) then if(this.low_open, '> ', '≥ ') || number_text(this.low)
        else
            if(this.low_open, '(', '[') || number_text(this.low) || ', '
            || number_text(this.high) || if(this.high_open, ')', ']')
    end;
comment on macro interval_text is '区间文本：an interval as mathematicians write it: 10240, [30000, 40000), > 500, or masked';
