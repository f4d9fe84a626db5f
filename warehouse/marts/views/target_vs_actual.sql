-- mart.target_vs_actual: one row a planned figure and an actual one of the same place that may answer it.
with
    answers as (
        from core.dim_indicator select indicator_id, result_id: indicator_id
        union all by name
        from core.dim_plan
    ),
    figure as (
        from mart.figure
        select
            *,
            begins: coalesce(left(period_start, 4), year::varchar, left(reported, 4))::bigint,
            ends: coalesce(year, left(reported, 4)::bigint),
            planned: status = 'target' or indicator_id in (from core.dim_plan select indicator_id),
        where scope <> 'unplaced'
    ),
    matched as (
        from figure as target
            join answers using (indicator_id)
            join figure as actual
                on actual.indicator_id = answers.result_id
                and actual.place_id = target.place_id
                and actual.unit = target.unit
                and actual.scope = target.scope
                and actual.reporter is not distinct from target.reporter
                and coalesce(actual.ends >= target.begins, true)
        select
            target, actual,
            -- A goal of 不少于 or 超过 is reached at its number.
            goal: if(
                target.qualifier in ('at_least', 'over'),
                bounds(target.low, target.low),
                bounds(target.low, target.high, target.low_open, target.high_open)
            ),
            result: bounds(actual.low, actual.high, actual.low_open, actual.high_open),
            same_period: target.period_kind = actual.period_kind and (
                    target.period is not distinct from actual.period and target.per is not distinct from actual.per
                    or target.period_kind = 'until'
                )
                or target.per = 'year' and actual.period_kind = 'year',
        where target.planned and not actual.planned
    ),
    judged as (
        from matched
        select
            *,
            why_not: case
                when target.redacted or actual.redacted then '数值已遮盖 / a number is masked'
                when target.period_kind = 'undated' or actual.period_kind = 'undated' then '期间不明 / no period is stated'
                when not same_period then '期间不同 / the periods differ'
            end,
            share: interval_div(result, goal),
    )
from judged
    join core.dim_place as place on place.place_id = target.place_id
    join core.dim_indicator as indicator on indicator.indicator_id = target.indicator_id
select
    target.place_id, place_name: place.name, place.province, target.level,
    target.indicator_id, indicator_name: indicator.name_zh, actual_indicator_id: actual.indicator_id,
    target.unit, target.scope, target.reporter,
    target_period: target.period, target_per: target.per, target_value: target.value,
    target_low: target.low, target_high: target.high,
    actual_period: actual.period, actual_per: actual.per, actual_value: actual.value,
    actual_low: actual.low, actual_high: actual.high,
    comparable: why_not is null,
    why_not,
    share_low: if(comparable, share.low, null), share_high: if(comparable, share.high, null),
    verdict: case
        when not comparable then null
        when result.low >= goal.high then 'reached'
        when certainly_more(goal, result) then 'short'
        else 'can''t tell'
    end,
    target_observation_id: target.observation_id, actual_observation_id: actual.observation_id;
