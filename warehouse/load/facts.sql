-- The rows of the documents that come in.
-- In: incoming, and the stages of the batches that bring them.

insert into core.dim_document by name
    from stage_documents semi join incoming using (document_id, batch_id)
    select * exclude (text);

insert into core.document_text by name
    from stage_documents semi join incoming using (document_id, batch_id)
    select document_id, text;

insert into core.dim_report by name
    from stage_reports semi join incoming using (document_id, batch_id);

insert into core.fact_numeral by name
    from stage_numerals semi join incoming using (document_id, batch_id);

insert into core.fact_quantity by name
    from stage_mentions semi join incoming using (document_id, batch_id)
    select * exclude (paragraph_id, sentence_id, low_open, high_open, factor, header, period_basis, rules);

create temp table incoming_observation as
    from stage_accepted semi join incoming using (document_id, batch_id);
