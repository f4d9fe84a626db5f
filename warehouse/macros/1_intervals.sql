-- Arithmetic on intervals. An interval is a struct of its bounds, made by bounds(low, high, low_open, high_open);
-- one whose bounds are null is a masked figure, and whatever is computed from it is null too.
-- Whatever the true values inside the intervals are, the true result lies inside the result.

create macro bounds(low, high, low_open := false, high_open := false) as
    {low: low::double, high: high::double, low_open: low_open, high_open: high_open};

create macro interval_add(this, that) as bounds(
    this.low + that.low,
    this.high + that.high,
    this.low_open or that.low_open,
    this.high_open or that.high_open
);

create macro interval_sub(this, that) as bounds(
    this.low - that.high,
    this.high - that.low,
    this.low_open or that.high_open,
    this.high_open or that.low_open
);

-- The interval times divisor-free factor: a number not below zero.
create macro interval_scale(this, factor) as bounds(
    this.low * factor,
    case when factor = 0 then 0 else this.high * factor end,
    this.low_open and factor > 0,
    this.high_open and factor > 0
);

-- A quotient of what is never negative (counts, areas, money); null for anything else.
create macro interval_div(this, that) as
    case when this.low >= 0 and that.low >= 0 and that.high > 0 then bounds(
        case when isinf(that.high) then 0 else this.low / that.high end,
        case when this.high = 0 then 0 when that.low = 0 then 'infinity'::double else this.high / that.low end,
        this.low > 0 and (this.low_open or that.high_open),
        this.high > 0 and (this.high_open or that.low_open)
    ) else bounds(null, null) end;

-- An interval a number of people, or a number of anything else that is counted exactly.
create macro rate_per(this, total, unit) as bounds(
    this.low * unit / nullif(total, 0),
    this.high * unit / nullif(total, 0),
    this.low_open,
    this.high_open
);

create macro rate_per_10k(this, people) as rate_per(this, people, 10000);

-- An interval a square kilometre of an area in square metres, itself an interval.
create macro rate_per_km2(this, area) as interval_div(this, interval_scale(area, 0.000001));

-- Whether every number of the one is greater than every number of the other.
create macro certainly_more(this, that) as coalesce(
    this.low > that.high or (this.low = that.high and (this.low_open or that.high_open)),
    false
);

create macro interval_contradicts(this, that) as certainly_more(this, that) or certainly_more(that, this);

-- 'more', 'less', 'same' (two exact and equal numbers), or 'can''t tell'.
create macro interval_compare(this, that) as
    case
        when certainly_more(this, that) then 'more'
        when certainly_more(that, this) then 'less'
        when this.low = this.high and that.low = that.high and this.low = that.low then 'same'
        else 'can''t tell'
    end;

create macro number_text(number) as
    case when number = floor(number) and abs(number) < 1e15 then number::bigint::varchar else number::varchar end;

-- As mathematicians write it: '10240', '[30000, 40000)', '> 500', or 'masked'.
create macro interval_text(this) as
    case
        when this.low is null then 'masked'
        when this.low = this.high then number_text(this.low)
        when isinf(this.high) then if(this.low_open, '> ', '≥ ') || number_text(this.low)
        else
            if(this.low_open, '(', '[') || number_text(this.low) || ', '
            || number_text(this.high) || if(this.high_open, ')', ']')
    end;
