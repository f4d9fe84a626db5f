-- What is kept of each batch.
-- In: changed_batch (arrived_at is null where the batch has left the lake), the stages of the changed batches, decided.

create table memory.incoming_check_result as from stage_check_result;

create table memory.incoming_load as
    with
        document as (from stage_documents select batch_id, n: count(*) group by batch_id),
        report as (from stage_reports select batch_id, n: count(*) where is_report group by batch_id),
        numeral as (
            from stage_numerals
            select batch_id, n: count(*), unclassified: count(*) filter (class = 'unclassified')
            group by batch_id
        ),
        quantity as (from stage_mentions select batch_id, n: count(*) group by batch_id),
        observation as (
            from stage_accepted
            select batch_id, n: count(*), redacted: count(*) filter (redacted), version: max(extractor_version)
            group by batch_id
        ),
        rejected as (
            from decided select batch_id, n: count(distinct item) where state <> 'resolved' group by batch_id
        )
    from changed_batch as batch
        left join document using (batch_id)
        left join report using (batch_id)
        left join numeral using (batch_id)
        left join quantity using (batch_id)
        left join observation using (batch_id)
        left join rejected using (batch_id)
    select
        batch.batch_id,
        batch.arrived_at,
        extractor_version: observation.version,
        documents: coalesce(document.n, 0),
        reports: coalesce(report.n, 0),
        numerals: coalesce(numeral.n, 0),
        unclassified: coalesce(numeral.unclassified, 0),
        quantities: coalesce(quantity.n, 0),
        observations: coalesce(observation.n, 0),
        redacted: coalesce(observation.redacted, 0),
        quarantined: coalesce(rejected.n, 0)
    where batch.arrived_at is not null;
