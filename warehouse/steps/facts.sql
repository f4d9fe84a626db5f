-- The rows of the documents that come in.
-- In: incoming, verdict, ops.quarantine, and the stages of the batches that bring the documents.

insert into core.dim_document by name
    from stage_documents semi join incoming using (document_id, batch_id)
    select * exclude (text);

insert into core.document_text by name
    from stage_documents semi join incoming using (document_id, batch_id)
    select document_id, text;

insert into core.dim_report by name
    from (from stage_reports semi join incoming using (document_id, batch_id)) as report
        left join verdict using (report_id)
    select report.* exclude (duplicate_of, copy_kind), verdict.duplicate_of, verdict.copy_kind;

insert into core.fact_numeral by name
    from stage_numerals semi join incoming using (document_id, batch_id);

insert into core.fact_quantity by name
    from stage_mentions semi join incoming using (document_id, batch_id)
    select * exclude (paragraph_id, sentence_id, low_open, high_open, factor, header, period_basis, rules);

-- What the checks accepted, and what people have released or held back since.
create temp table entry as
    from ops.quarantine semi join incoming using (document_id)
    select observation_id: split_part(item, ' ', -1), is_held: bool_or(state in ('open', 'rejected'))
    where kind = 'row'
    group by all;

create temp table incoming_observation as
    with
        accepted as (from stage_accepted semi join incoming using (document_id, batch_id)),
        released as (
            from stage_observations semi join incoming using (document_id, batch_id)
                semi join (from entry where not is_held) using (observation_id)
                anti join accepted using (observation_id)
        )
    from accepted anti join (from entry where is_held) using (observation_id)
    union all by name
    from released;
