-- The known members of the groups of copies that some reports belong to.
-- In: linked(report_id), leaving_report. Parameter: algorithm.
with linked_group as (
    from core.dim_report semi join linked using (report_id) select original: coalesce(duplicate_of, report_id)
)
from ops.sketch
    semi join (
        from core.dim_report select report_id where coalesce(duplicate_of, report_id) in (from linked_group)
    ) as member using (report_id)
    anti join leaving_report using (report_id)
select report_id
where algorithm = $algorithm;
