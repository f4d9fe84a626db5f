-- What stands at the anchors of the corrections that concern the touched documents, one row an anchor.
-- In: correction, touched, incoming, incoming_report, incoming_observation, and the stages.
with
    anchor as (
        from correction semi join touched using (document_id)
        select distinct observation_id, document_id, span_start, span_end
    ),
    body as (from stage_documents semi join incoming using (document_id, batch_id) semi join anchor using (document_id)),
    mention as (
        from stage_mentions semi join incoming using (document_id, batch_id) semi join anchor using (document_id)
        select * replace (value * factor as value)
    )
from anchor
    left join body using (document_id)
    left join incoming_report as report
        on report.document_id = anchor.document_id
        and anchor.span_start >= report.span_start and anchor.span_start < report.span_end
    left join incoming_observation as observation on observation.observation_id = anchor.observation_id
    left join mention on mention.quantity_id = anchor.observation_id
select
    anchor.observation_id, anchor.document_id, anchor.span_start, anchor.span_end,
    body.batch_id,
    text: substr(body.text, anchor.span_start + 1, anchor.span_end - anchor.span_start),
    evidence: sentence_at(body.text, anchor.span_start, anchor.span_end),
    evidence_start: anchor.span_start - len(regexp_extract(left(body.text, anchor.span_start), '[^。！？!?\n]*$')),
    report_id: report.report_id, place_id: report.place_id, report.duplicate_of,
    observation: if(observation.observation_id is null, null, observation),
    mention: if(mention.quantity_id is null, null, mention)
order by anchor.observation_id;
