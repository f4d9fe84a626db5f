-- Which documents a load concerns, which of them the published version has, and which batch brings each.
-- In: changed_batch; the stages of the changed batches; correction (the corrections on record); decided (the
-- quarantine of decided_batch as people's decisions leave it).

create table memory.arriving as
    from stage_documents
    select document_id, batch_id, arrived_at, file_name;

create table memory.touched as
    from ops.delivery semi join changed_batch using (batch_id) select document_id
    union
    from arriving select document_id
    union
    (
        from (from correction except from ops.correction select * exclude (applied, problem)) select document_id
        union
        from (from ops.correction select * exclude (applied, problem) except from correction) select document_id
        union
        from (from decided except from ops.quarantine) select document_id
        union
        from (from ops.quarantine semi join decided_batch using (batch_id) except from decided) select document_id
    );

-- Of a document that arrived in several batches, the earliest arrival brings the rows.
create table memory.incoming as
    with delivery as (
        from ops.delivery semi join touched using (document_id) anti join changed_batch using (batch_id)
        union all by name
        from arriving
    )
    from delivery
    select document_id, batch_id: arg_min(batch_id, (arrived_at, batch_id))
    group by document_id;

create table memory.leaving as
    from core.dim_document semi join touched using (document_id) select document_id;
