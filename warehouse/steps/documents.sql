-- The documents that come in, their texts and reports.

insert into core.dim_document by name
    from stage_documents semi join incoming using (document_id, batch_id)
    select columns(c -> c <> 'text')
    order by document_id;

insert into core.document_text by name
    from stage_documents semi join incoming using (document_id, batch_id)
    select document_id, text
    order by document_id;
