-- What stands at the anchors of the corrections that concern the touched documents, one row an anchor.
-- In: correction, touched, incoming_observation, stage_mentions, core.*.
with anchor as (
    from correction semi join touched using (document_id)
    select distinct observation_id, document_id, span_start, span_end
)
from anchor
    left join core.document_text as body using (document_id)
    left join core.dim_report as report
        on report.document_id = anchor.document_id
        and anchor.span_start >= report.span_start and anchor.span_start < report.span_end
    left join incoming on incoming.document_id = anchor.document_id
    left join incoming_observation as observation using (observation_id)
    left join (
        from stage_mentions semi join incoming using (document_id, batch_id)
        select * replace (value * factor as value)
    ) as mention
        on mention.quantity_id = observation_id
select
    anchor.observation_id, anchor.document_id, anchor.span_start, anchor.span_end,
    text: substr(body.text, anchor.span_start + 1, anchor.span_end - anchor.span_start),
    evidence: sentence_at(body.text, anchor.span_start, anchor.span_end),
    evidence_start: anchor.span_start - len(regexp_extract(left(body.text, anchor.span_start), '[^。！？!?\n]*$')),
    report_id: report.report_id, place_id: report.place_id, report.duplicate_of,
    incoming.batch_id,
    observation: if(observation.observation_id is null, null, observation),
    mention: if(mention.quantity_id is null, null, mention)
order by observation_id;
