-- The places of a level by one indicator: those that compare in order of rank, then the others, each with the reason.
-- Parameters: indicator, level, year (null: any), per_capita.
from mart.city_comparison
select
    rank: if(comparable, if($per_capita, per_10k_rank, rank), null),
    rank_best: if($per_capita, per_10k_rank_best, rank_best),
    rank_worst: if($per_capita, per_10k_rank_worst, rank_worst),
    peers, compared_with,
    place_name, province, period_kind, period, per, value, low, high, unit, per_10k, per_10k_low, per_10k_high,
    reports, conflicts,
    comparable: city_comparison.comparable and (not $per_capita or per_10k_rank is not null),
    why_not: coalesce(why_not, if(not comparable, '人口不明 / the population is not known', null)),
    observation_id,
where indicator_id = $indicator and level = $level and status = 'actual' and ($year is null or year = $year)
order by
    comparable desc, compared_with desc nulls last, peers desc nulls last, period_kind, per,
    if(compared_with = 'same_period', period, null) desc, rank nulls last, place_name, observation_id;
