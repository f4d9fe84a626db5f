-- mart.target_vs_actual: one row a planned figure and an actual one of the same place that may answer it.
with
    -- Which indicator shows what came of a plan: the same one, or the one that core.dim_plan names.
    answer as (
        from core.dim_indicator select indicator_id, result_id: indicator_id
        union all by name
        from core.dim_plan
    ),
    target as (
        from mart.figure join answer using (indicator_id)
        select
            figure.*, result_id,
            begins: coalesce(left(period_start, 4), year::varchar, left(reported, 4))::bigint,
        where scope <> 'unplaced' and (status = 'target' or indicator_id in (from core.dim_plan select indicator_id))
    ),
    actual as (
        from mart.figure
        select *, ends: coalesce(year, left(reported, 4)::bigint)
        where scope <> 'unplaced' and status = 'actual' and indicator_id not in (from core.dim_plan select indicator_id)
    ),
    matched as (
        from target
            join actual
                on actual.indicator_id = target.result_id
                and actual.place_id = target.place_id
                and actual.unit = target.unit
                and actual.scope = target.scope
                and actual.reporter is not distinct from target.reporter
                and coalesce(actual.ends >= target.begins, true)
        select
            target.place_id, target.level, target.indicator_id, actual_indicator_id: actual.indicator_id,
            target.unit, target.scope, target.reporter,
            target_period: target.period, target_per: target.per, target_value: target.value,
            target_low: target.low, target_high: target.high,
            actual_period: actual.period, actual_per: actual.per, actual_value: actual.value,
            actual_low: actual.low, actual_high: actual.high,
            target_observation_id: target.observation_id, actual_observation_id: actual.observation_id,
            -- A goal of 不少于 or 超过 is reached at its number.
            goal: if(
                target.qualifier in ('at_least', 'over'),
                bounds(target.low, target.low),
                bounds(target.low, target.high, target.low_open, target.high_open)
            ),
            result: bounds(actual.low, actual.high, actual.low_open, actual.high_open),
            why_not: case
                when target.redacted or actual.redacted then '数值已遮盖 / a number is masked'
                when target.period_kind = 'undated' or actual.period_kind = 'undated' then '期间不明 / no period is stated'
                when target.per = 'year' and actual.period_kind = 'year' then null
                when target.period_kind <> actual.period_kind
                    or target.period_kind <> 'until'
                        and (target.period is distinct from actual.period or target.per is distinct from actual.per)
                    then '期间不同 / the periods differ'
            end,
            share: interval_div(result, goal),
    )
from matched
    join core.dim_place as place using (place_id)
    join core.dim_indicator as indicator using (indicator_id)
select
    place_id, place_name: place.name, place.province, matched.level,
    indicator_id, indicator_name: indicator.name_zh, actual_indicator_id, matched.unit, scope, reporter,
    target_period, target_per, target_value, target_low, target_high,
    actual_period, actual_per, actual_value, actual_low, actual_high,
    comparable: why_not is null,
    why_not,
    share_low: if(comparable, share.low, null), share_high: if(comparable, share.high, null),
    verdict: case
        when not comparable then null
        when result.low >= goal.high then 'reached'
        when certainly_more(goal, result) then 'short'
        else 'can''t tell'
    end,
    target_observation_id, actual_observation_id;
