-- What some batches brought, in one row. Parameter: batch_ids.
with batch as (from ops.load where batch_id in $batch_ids)
from batch
select
    batches: count(*),
    documents: coalesce(sum(documents), 0)::bigint,
    reports: coalesce(sum(reports), 0)::bigint,
    numerals: coalesce(sum(numerals), 0)::bigint,
    unclassified: coalesce(sum(unclassified), 0)::bigint,
    quantities: coalesce(sum(quantities), 0)::bigint,
    observations: coalesce(sum(observations), 0)::bigint,
    redacted: coalesce(sum(redacted), 0)::bigint,
    quarantined: coalesce(sum(quarantined), 0)::bigint,
    failed: (
        from ops.quarantine select coalesce(list(item || ': ' || reason order by item), [])
        where kind = 'file' and batch_id in $batch_ids
    );
