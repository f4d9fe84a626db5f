-- The share of checks that held, in percent, for each of the last twenty loads.
from ops.check_result join ops.load using (batch_id)
select load: strftime(arrived_at, '%Y-%m-%d %H:%M ') || batch_id, held: round(100 * avg(passed::int), 1)
group by batch_id, arrived_at
order by arrived_at desc, batch_id
limit 20
