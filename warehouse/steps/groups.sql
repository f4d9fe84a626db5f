-- The known members of the groups of copies that some reports belong to. In: linked(report_id). Parameter: algorithm.
from known_report semi join (from known_sketch where algorithm = $algorithm) using (report_id)
select report_id
where coalesce(duplicate_of, report_id) in (
    from known_report semi join linked using (report_id) select coalesce(duplicate_of, report_id)
);
