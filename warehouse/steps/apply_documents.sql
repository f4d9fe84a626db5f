-- The changes made to what the next version has of documents and batches: what leaves goes, what comes in is put in its
-- place.

delete from next.core.dim_document where document_id in (from leaving);
delete from next.core.document_text where document_id in (from leaving);
delete from next.core.dim_report where document_id in (from leaving);
delete from next.core.fact_numeral where document_id in (from leaving);
delete from next.core.fact_quantity where document_id in (from leaving);
delete from next.ops.sketch where report_id in (from leaving_report select report_id);
delete from next.ops.sketch_slot where sketch_id in (from leaving_report select number_of(report_id));
delete from next.ops.delivery where batch_id in (from changed_batch select batch_id);
delete from next.ops.load where batch_id in (from changed_batch select batch_id);
delete from next.ops.check_result where batch_id in (from changed_batch select batch_id);
delete from next.ops.quarantine where batch_id in (from decided_batch);

insert into next.core.dim_document by name
    from stage_documents semi join incoming using (document_id, batch_id) select * exclude (text);
insert into next.core.document_text by name
    from stage_documents semi join incoming using (document_id, batch_id) select document_id, text;
insert into next.core.dim_report by name from incoming_report;
insert into next.core.fact_numeral by name
    from stage_numerals semi join incoming using (document_id, batch_id);
insert into next.core.fact_quantity by name
    from stage_mentions semi join incoming using (document_id, batch_id)
    select * exclude (paragraph_id, sentence_id, low_open, high_open, factor, header, period_basis, rules);
insert into next.ops.sketch by name from incoming_sketch;
insert into next.ops.sketch_slot by name from incoming_slot;
insert into next.ops.delivery by name from arriving;
insert into next.ops.load by name from incoming_load;
insert into next.ops.check_result by name from incoming_check_result;
insert into next.ops.quarantine by name from decided;
