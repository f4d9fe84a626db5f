-- The known reports that could be a copy or an original of one that is compared: enough hashes in common.
-- In: compared_slot, compared_fingerprint, disturbed. Parameters: algorithm, fewest.
with
    sharing as (
        from (from ops.sketch select report_id, slot: unnest(slots) where algorithm = $algorithm)
            semi join compared_slot using (slot)
        select report_id
        group by report_id
        having count(*) >= $fewest
    )
from ops.sketch anti join disturbed using (report_id)
where algorithm = $algorithm
    and (report_id in (from sharing) or fingerprint in (from compared_fingerprint))
order by report_id;
