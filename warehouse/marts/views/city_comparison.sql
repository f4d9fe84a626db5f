-- mart.city_comparison: one row a figure, ranked among its peers: the figures of whole places that agree in
-- indicator, status, kind of period, period, rate and level. The best possible rank counts the peers that are
-- certainly more, the worst possible one those that may be more.
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
            obstacle: case
                when scope = 'unplaced' then '地区不明 / the place is not known'
                when scope = 'part' then '只是报告单位自身的数字 / the reporting unit''s own figure, not the place''s'
                when redacted then '数值已遮盖 / the number is masked'
                when period_kind = 'undated' then '期间不明 / no period is stated'
                when figure.unit <> indicator.unit then '单位不能换算 / the unit does not convert to the indicator''s'
            end,
    ),
    peer as (
        from figure
        select
            indicator_id, status, period_kind, period, per, level, observation_id,
            low, high, low_open, high_open, rate_low: rate.low, rate_high: rate.high,
            rank: rank() over (peers order by value desc),
            rate_rank: rank() over (peers order by value / population desc nulls last),
            peers: count(*) over peers,
        where obstacle is null
        window peers as (partition by indicator_id, status, period_kind, period, per, level)
    ),
    -- The ends of all intervals, from the greatest down: what lies above an end has been counted when it is
    -- reached. An open low end lies just above its number, an open high end just below.
    interval_end as (
        from peer select *, is_low: true, number: low, beside: low_open::int, rate_number: rate_low
        union all by name
        from peer select *, is_low: false, number: high, beside: -(high_open::int), rate_number: rate_high
    ),
    counted as (
        from interval_end
        select
            *,
            above: count(*) filter (is_low) over (
                peers order by number desc, beside desc, is_low rows unbounded preceding
            ),
            maybe_above: count(*) filter (not is_low) over (
                peers order by number desc, is_low desc rows unbounded preceding
            ),
            rate_above: count(*) filter (is_low and rate_number is not null) over (
                peers order by rate_number desc nulls last, beside desc, is_low rows unbounded preceding
            ),
            rate_maybe_above: count(*) filter (not is_low and rate_number is not null) over (
                peers order by rate_number desc nulls last, is_low desc rows unbounded preceding
            ),
        window peers as (partition by indicator_id, status, period_kind, period, per, level)
    ),
    ranked as (
        from counted
        select
            indicator_id, observation_id,
            rank: any_value(rank),
            rank_best: max(above) filter (not is_low) + 1,
            rank_worst: max(maybe_above - (high > low)::int) filter (is_low) + 1,
            peers: any_value(peers) - 1,
            rate_rank: any_value(rate_rank) filter (rate_number is not null),
            rate_rank_best: max(rate_above) filter (not is_low and rate_number is not null) + 1,
            rate_rank_worst: max(rate_maybe_above - (rate_high > rate_low)::int) filter (is_low and rate_number is not null) + 1,
        group by indicator_id, observation_id
    )
from figure left join ranked using (indicator_id, observation_id)
select
    place_id, place_name, province, city, level, indicator_id, indicator_name: name_zh, family, status,
    period_kind, period, per, year, unit, scope, reporter,
    value, low, high, low_open, high_open, qualifier, redacted,
    population, population_year,
    per_10k: value * 10000 / nullif(population, 0), per_10k_low: rate.low, per_10k_high: rate.high,
    rank, rank_best, rank_worst, peers,
    per_10k_rank: rate_rank, per_10k_rank_best: rate_rank_best, per_10k_rank_worst: rate_rank_worst,
    comparable: obstacle is null and rank_worst - rank_best < peers,
    why_not: coalesce(
        obstacle,
        case
            when peers = 0 then '没有同级、同期的其他地区 / no other place of this level has the figure for this period'
            when not comparable then '区间过宽，分不出高下 / the interval overlaps those of all the others'
        end
    ),
    reported, reports, figures, masked, conflicts, confidence, corrected, observation_id, report_id;
