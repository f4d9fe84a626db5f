-- How many places report each indicator, masked or not: the ten reported most.
from mart.city_comparison
select indicator_name, places: count(distinct place_id)
where scope = 'place'
group by all
order by places desc, indicator_name
limit 10
