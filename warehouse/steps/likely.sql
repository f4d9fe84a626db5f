-- The known reports that could be a copy or an original of one that is compared: enough of the hashes that they are
-- found by are its too, or the text is the same. Hashes of phrases that very many reports use tell nothing, unless a
-- report has hardly any others.
-- In: compared_slot, compared_sketch. Parameters: algorithm, popular, and the rule of transforms/duplicates.py: met,
-- likely, spacing, slots.
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
        select shared.sketch_id, compared_id: telling.sketch_id, met: count(*)
        group by all
        having met >= $met
    ),
    likely as (
        from sharing
            join known_sketch as known using (sketch_id)
            join compared_sketch as compared on compared.sketch_id = sharing.compared_id
        select known.report_id
        where met * greatest($spacing, greatest(known.shingles, compared.shingles) / $slots)
            >= $likely * least(known.shingles, compared.shingles)
    )
from known_sketch
select report_id
where algorithm = $algorithm
    and (report_id in (from likely) or fingerprint in (from compared_sketch select fingerprint));
