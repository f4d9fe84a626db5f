-- The reports that come in, each with the verdict whether it is a copy. The documents of known reports whose verdict
-- changes come in too.
-- In: verdict(report_id, duplicate_of, copy_kind) of the reports that were compared; incoming, leaving, touched.

create table memory.changed_document as
    from core.dim_report as known join verdict using (report_id) anti join leaving using (document_id)
    select distinct document_id
    where known.duplicate_of is distinct from verdict.duplicate_of
        or known.copy_kind is distinct from verdict.copy_kind;

insert into verdict
    from core.dim_report semi join changed_document using (document_id) anti join verdict using (report_id)
    select report_id, duplicate_of, copy_kind;

insert into touched from changed_document;
insert into leaving from changed_document;
insert into incoming
    from core.dim_document semi join changed_document using (document_id) select document_id, batch_id;
