-- The known reports that could be a copy or an original of one that is compared: enough hashes in common with it, or
-- the same text. Hashes of phrases that very many reports use tell nothing, unless a report has hardly any others.
-- In: compared_slot, compared_fingerprint. Parameters: algorithm, popular, enough.
with
    -- The filter keeps every row: only where the small side of a join is filtered does DuckDB pass a Bloom filter of it
    -- to the scan of the large one, which spares most hashes the lookup.
    shared as materialized (from known_slot semi join (from compared_slot where sketch_id::varchar <> '') using (slot)),
    popular as (from shared select slot group by slot having count(*) > $popular),
    telling as (
        from compared_slot left join (from popular select slot, is_popular: true) using (slot)
        select sketch_id, slot
        qualify is_popular is null
            or count(*) filter (is_popular is null) over (partition by sketch_id)
                < count(*) over (partition by sketch_id) / 2
    ),
    sharing as (
        from shared join telling using (slot)
        select shared.sketch_id
        group by shared.sketch_id, telling.sketch_id
        having count(*) >= $enough
    )
from known_sketch
select report_id
where algorithm = $algorithm
    and (sketch_id in (from sharing) or fingerprint in (from compared_fingerprint));
