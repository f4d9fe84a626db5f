-- The observations by indicator: the fifteen most frequent.
from core.fact_observation join core.dim_indicator using (indicator_id)
select name_zh, observations: count(*)
group by all
order by observations desc, name_zh
limit 15
