-- The sketches that come in, and the known reports that are to be compared anew: those of a group of copies that
-- loses a member. Views show the reports and hashes as they stand while verdicts are being made.
-- In: incoming, leaving, the stages of the batches that bring the documents.

create table memory.incoming_sketch as
    from stage_sketches
        semi join (from stage_reports semi join incoming using (document_id, batch_id)) using (report_id, batch_id)
    select * exclude (batch_id), sketch_id: number_of(report_id);

create table memory.leaving_report as
    from core.dim_report semi join leaving using (document_id)
    select report_id, original: coalesce(duplicate_of, report_id);

create table memory.disturbed as
    from core.dim_report anti join leaving_report using (report_id)
    select report_id
    where coalesce(duplicate_of, report_id) in (from leaving_report select original);

create table memory.verdict as
    from disturbed select report_id, duplicate_of: null::varchar, copy_kind: null::varchar;
create table memory.incoming_slot (sketch_id bigint, slot uinteger);
create table memory.compared_before (report_id varchar);

create temp view known_report as
    from core.dim_report anti join leaving_report using (report_id) anti join verdict using (report_id)
    select report_id, duplicate_of
    union all
    from verdict select report_id, duplicate_of;

create temp view known_sketch as
    from ops.sketch anti join leaving_report using (report_id)
    union all by name
    from incoming_sketch semi join compared_before using (report_id);

create temp view known_slot as
    from ops.sketch_slot
    union all
    from incoming_slot;
