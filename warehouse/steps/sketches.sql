-- The sketches that come in, and the known reports that are to be compared anew: those of a group of copies that
-- loses a member.
-- In: incoming, leaving, the stages of the batches that bring the documents.

create temp table incoming_sketch as
    from stage_sketches
        semi join (from stage_reports semi join incoming using (document_id, batch_id)) using (report_id, batch_id)
    select * exclude (batch_id);

create temp table leaving_report as
    from core.dim_report semi join leaving using (document_id)
    select report_id, original: coalesce(duplicate_of, report_id);

create temp table disturbed as
    from core.dim_report anti join leaving_report using (report_id)
    select report_id
    where coalesce(duplicate_of, report_id) in (from leaving_report select original);
