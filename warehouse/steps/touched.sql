-- Which documents this load concerns, which of them the warehouse has already, and which batch brings each.
-- In: changed_batch, the documents of the changed batches, correction (the corrections on record), decided (the
-- quarantine of decided_batch as people's decisions leave it).

create temp table touched as
    from ops.delivery semi join changed_batch using (batch_id) select document_id
    union
    from stage_documents select document_id
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

delete from ops.delivery where batch_id in (from changed_batch select batch_id);

insert into ops.delivery by name
    from stage_documents
    select document_id, batch_id, arrived_at, file_name
    order by batch_id, document_id;

-- Of a document that arrived in several batches, the earliest arrival brings the rows.
create temp table incoming as
    from ops.delivery semi join touched using (document_id)
    select document_id, batch_id: arg_min(batch_id, (arrived_at, batch_id))
    group by document_id;

create temp table leaving as
    from core.dim_document semi join touched using (document_id) select document_id;
