-- The known reports that could be a copy or an original of one that is compared: so many hashes in common, or the
-- same text. In: compared_slot, compared_fingerprint, disturbed, leaving_report. Parameters: algorithm, fewest.
with
    sharing as (
        from ops.sketch_slot semi join compared_slot using (slot)
        select report_id
        group by report_id
        having count(*) >= $fewest
    )
from ops.sketch
    anti join disturbed using (report_id)
    anti join leaving_report using (report_id)
select report_id
where algorithm = $algorithm
    and (report_id in (from sharing) or fingerprint in (from compared_fingerprint));
