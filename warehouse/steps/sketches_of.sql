-- The sketches of the reports in wanted(report_id), with their hashes in order.
with signature as (
    from ops.sketch_slot semi join wanted using (report_id)
    select report_id, slots: list(slot order by slot::hugeint + if(slot < 0, 18446744073709551616, 0))
    group by report_id
)
from ops.sketch semi join wanted using (report_id) left join signature using (report_id)
order by report_id;
