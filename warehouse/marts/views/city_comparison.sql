-- mart.city_comparison: one row a figure, ranked among its peers: the figures of whole places that agree in
-- indicator, status, kind of period, rate and level. Where other places have the figure for the same period, those
-- are the peers. Where none has, they are the latest figures of the others, as long as periods of the kind are as
-- long as one another. The best possible rank counts the peers that are certainly more, the worst possible one those
-- that may be more.
with
    figure as (
        from mart.figure as figure
            join core.dim_indicator as indicator using (indicator_id)
            left join core.dim_place as place using (place_id)
        select
            figure.*,
            place_name: place.name, place.province, place.city, place.population, place.population_year,
            indicator.name_zh, indicator.family,
            rate: rate_per_10k(bounds(low, high), population),
            -- What began in different years, or is a stretch of its own, compares with the very same period only.
            is_alike: period_kind not in ('since', 'span'),
            obstacle: case
                when scope = 'unplaced' then '地区不明 / the place is not known'
                when scope = 'part' then '只是报告单位自身的数字 / the reporting unit''s own figure, not the place''s'
                when redacted then '数值已遮盖 / the number is masked'
                when period_kind = 'undated' then '期间不明 / no period is stated'
                when figure.unit <> indicator.unit then '单位不能换算 / the unit does not convert to the indicator''s'
            end,
    ),
    candidate as (
        from figure
        select
            indicator_id, status, period_kind, period, per, level, observation_id,
            value, population, low, high, low_open, high_open, rate_low: rate.low, rate_high: rate.high, is_alike,
            is_alone: count(*) over (partition by indicator_id, status, period_kind, period, per, level) = 1,
            is_latest: row_number() over (
                partition by indicator_id, status, period_kind, per, level, place_id
                order by period_final(period) desc nulls last, period desc
            ) = 1,
        where obstacle is null
    ),
    -- Who is ranked among whom. Latest figures that have peers of their own period are ranked once more where another
    -- place needs them as its peers.
    entry as (
        from candidate select *, compared_with: 'same_period', field: period where not is_alone
        union all by name
        from candidate
        select *, compared_with: 'other_periods', field: null
        where is_alike and is_latest
        qualify bool_or(is_alone) over (partition by indicator_id, status, period_kind, per, level)
    ),
    peer as (
        from entry
        select
            *,
            rank: rank() over (peers order by value desc),
            rate_rank: rank() over (peers order by value / population desc nulls last),
            peers: count(*) over peers - 1,
            low_place: rank() over (peers order by low desc),
            high_place: rank() over (peers order by high desc, high_open),
            rate_low_place: rank() over (peers order by rate_low desc nulls last),
            rate_high_place: rank() over (peers order by rate_high desc nulls last, high_open),
        window peers as (partition by indicator_id, status, period_kind, per, level, compared_with, field)
        qualify peers > 0
    ),
    -- The ends of all intervals, from the greatest down. An open low end lies just above its number, an open high end
    -- just below. A high end's place among all ends, less its place among the high ends, counts the low ends above it:
    -- the peers that are certainly more. So does a low end's for the high ends above it: the peers that may be more.
    interval_end as (
        from peer select *, is_low: true, number: low, beside: low_open::int, rate_number: rate_low
        union all by name
        from peer select *, is_low: false, number: high, beside: -(high_open::int), rate_number: rate_high
    ),
    placed as (
        from interval_end
        select
            *,
            certain: rank() over (peers order by number desc, beside desc, is_low) - high_place,
            possible: rank() over (peers order by number desc, is_low desc) - low_place,
            rate_certain: rank() over (peers order by rate_number desc nulls last, beside desc, is_low)
                - rate_high_place,
            rate_possible: rank() over (peers order by rate_number desc nulls last, is_low desc) - rate_low_place,
        window peers as (partition by indicator_id, status, period_kind, per, level, compared_with, field)
    ),
    ranked as (
        from placed
        select
            indicator_id, status, period_kind, level, observation_id, compared_with,
            rank: any_value(rank),
            rank_best: max(certain) filter (not is_low) + 1,
            rank_worst: max(possible - (high > low)::int) filter (is_low) + 1,
            peers: any_value(peers),
            rate_rank: any_value(rate_rank) filter (rate_number is not null),
            rate_rank_best: max(rate_certain) filter (not is_low and rate_number is not null) + 1,
            rate_rank_worst: max(rate_possible - (rate_high > rate_low)::int)
                filter (is_low and rate_number is not null) + 1,
        where compared_with = 'same_period' or is_alone
        group by indicator_id, status, period_kind, level, observation_id, compared_with
        union all by name
        from candidate
        select indicator_id, status, period_kind, level, observation_id, is_superseded: true
        where is_alone and is_alike and not is_latest
    )
-- Joined by all that peers have in common, so that only those are ranked that a query asks for.
from figure left join ranked using (indicator_id, status, period_kind, level, observation_id)
select
    place_id, place_name, province, city, level, indicator_id, indicator_name: name_zh, family, status,
    period_kind, period, per, year, unit, scope, reporter,
    value, low, high, low_open, high_open, qualifier, redacted,
    population, population_year,
    per_10k: value * 10000 / nullif(population, 0), per_10k_low: rate.low, per_10k_high: rate.high,
    rank, rank_best, rank_worst, peers: if(obstacle is null, coalesce(peers, 0), null), compared_with,
    per_10k_rank: rate_rank, per_10k_rank_best: rate_rank_best, per_10k_rank_worst: rate_rank_worst,
    comparable: coalesce(rank_worst - rank_best < ranked.peers, false),
    why_not: coalesce(
        obstacle,
        case
            when is_superseded
                then '没有同级、同期的其他地区，本地区另有更近的数字 / no other place of this level has the figure for this period, and the place has a later one'
            when compared_with is null and is_alike
                then '没有同级、同类期间的其他地区 / no other place of this level has the figure for such a period'
            when compared_with is null
                then '没有同级、同期的其他地区 / no other place of this level has the figure for this period'
            when not comparable then '区间过宽，分不出高下 / the interval overlaps those of all the others'
        end
    ),
    reported, reports, figures, masked, conflicts, confidence, corrected, observation_id, report_id;
