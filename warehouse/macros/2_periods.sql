-- Periods are kept as coarsely as the text states them ('2015', '2015-06', '2015-06-30'). Here they become one
-- label in ISO 8601, whichever way they were written: two figures are of the same period when label, kind and
-- rate agree.

create macro first_day(written) as
    try_cast(case len(written) when 4 then written || '-01-01' when 7 then written || '-01' else written end as date);
comment on macro first_day is '首日：the first day of a period written as 2018, 2018-03 or 2018-03-15';

create macro final_day(written) as
    case len(written)
        when 4 then try_cast(written || '-12-31' as date)
        when 7 then last_day(try_cast(written || '-01' as date))
        else try_cast(written as date)
    end;
comment on macro final_day is '末日：the last day of a period written so';

create macro period_precision(first, final) as greatest(
    case when final + interval 1 day = date_trunc('year', final + interval 1 day) then 4
        when final = last_day(final) then 7 when final is not null then 10 end,
    case when first = date_trunc('year', first) then 4 when day(first) = 1 then 7 when first is not null then 10 end
);
comment on macro period_precision is '期间精度：how many characters of YYYY-MM-DD it takes to write a period with these ends';

create macro day_text(this_day, characters) as left(this_day::varchar, characters);
comment on macro day_text is '日期文本：a day as YYYY-MM-DD, cut to so many characters';

create macro period_between(first, final) as
    case
        when first is null and final is null then null
        when day_text(first, period_precision(first, final)) = day_text(final, period_precision(first, final))
            then day_text(first, period_precision(first, final))
        else coalesce(day_text(first, period_precision(first, final)), '..') || '/'
            || coalesce(day_text(final, period_precision(first, final)), '..')
    end;
comment on macro period_between is '起止期间：the label of the period between two days';

-- Most periods are written as one year, month or day, which is its own label.
create macro period_label(period_start, period_end) as
    case
        when period_start = period_end and first_day(period_start) is not null then period_start
        else period_between(first_day(period_start), final_day(period_end))
    end;
comment on macro period_label is '期间标签：the label of a period in ISO 8601, whichever way its ends were written: 2018, 2018-01/2018-09, 2015/.., ../2019';

-- rate        so much a day, a year …
-- undated     the text gives no period
-- since       from a time on, cumulative
-- until       up to a time, or the state at it
-- year, month, day
-- span        any other stretch with two ends
create macro period_kind(label, per) as
    case
        when per is not null then 'rate'
        when label is null then 'undated'
        when label like '%/..' then 'since'
        when label like '../%' then 'until'
        when label like '%/%' then 'span'
        else case len(label) when 4 then 'year' when 7 then 'month' else 'day' end
    end;
comment on macro period_kind is '期间类型：the kind of a period from its label and rate: rate, undated, since, until, year, month, day or span';

create macro period_final(label) as final_day(split_part(label, '/', -1));
comment on macro period_final is '期间末日：the last day of a period, from its label; null where it is open or has no dates';

create macro period_year(label) as try_cast(split_part(label, '/', -1)[:4] as bigint);
comment on macro period_year is '期间年份：the year that a period ends in, from its label; null where it is open or has no dates';

-- Whether two reports tell of the same time: their common period is closed, or they are of the same year. What is
-- counted since 2015, or has no period, may have grown between one report and the next.
create macro same_time(label, this_reported, that_reported) as
    (label is not null and label not like '%/..') or left(this_reported, 4) is not distinct from left(that_reported, 4);
comment on macro same_time is '同时：whether two reports tell of the same time: their common period is closed, or they are of the same year';

create macro ways_to_write_start(day_of_start) as
    if(day_of_start is null, [null::varchar], list_filter([
        if(date_trunc('year', day_of_start) = day_of_start, day_text(day_of_start, 4), null),
        if(day(day_of_start) = 1, day_text(day_of_start, 7), null),
        day_text(day_of_start, 10)
    ], way -> way is not null));
comment on macro ways_to_write_start is '起始写法：the ways in which a period that starts on this day may be written';

create macro ways_to_write_end(day_of_end) as
    if(day_of_end is null, [null::varchar], list_filter([
        if(date_trunc('year', day_of_end + interval 1 day) = day_of_end + interval 1 day, day_text(day_of_end, 4), null),
        if(last_day(day_of_end) = day_of_end, day_text(day_of_end, 7), null),
        day_text(day_of_end, 10)
    ], way -> way is not null));
comment on macro ways_to_write_end is '结束写法：the ways in which a period that ends on this day may be written';
