-- The reports that come in, each with its verdict.
-- In: incoming, verdict, and the stages of the batches that bring the documents.

create table memory.incoming_report as
    from (from stage_reports semi join incoming using (document_id, batch_id)) as report
        left join verdict using (report_id)
    select report.* exclude (duplicate_of, copy_kind), verdict.duplicate_of, verdict.copy_kind;
