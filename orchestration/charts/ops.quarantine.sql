-- What is held back, by the check that rejected it.
from ops.quarantine
select expectation, entries: count(*)
where state = 'open'
group by all
order by entries desc, expectation
limit 10
