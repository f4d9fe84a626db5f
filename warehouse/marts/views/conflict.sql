-- mart.conflict: one row two statements that can't both be true, with the evidence of both: a report against the
-- best one of its figure, or a copy against the report that it copies.
with
    opposed as (
        from mart.figure
        select *, other_id: unnest(string_split(contradicted_by, ','))
        where contradicted_by is not null
    ),
    disputed as (
        from opposed
            join core.fact_observation as best on best.observation_id = opposed.observation_id
            join core.fact_observation as other on other.observation_id = opposed.other_id
        select
            kind: 'report',
            opposed.place_id, opposed.indicator_id, opposed.status, opposed.period, opposed.per, opposed.unit,
            best.observation_id, best.report_id, best.low, best.high, best.raw_text, best.evidence,
            opposed.other_id, other_report_id: other.report_id, other_low: other.low,
            other_high: other.high, other_raw_text: other.raw_text, other_evidence: other.evidence,
    ),
    -- A catalogued quantity of a copy has its counterpart where the original states the same; where the original
    -- has the indicator but nowhere that number, the nearest one stands against it.
    compared as (
        from core.fact_quantity as copied
            join core.dim_report as copy on copy.report_id = copied.report_id
            join core.fact_quantity as original
                on original.report_id = copy.duplicate_of
                and original.indicator_id = copied.indicator_id
                and original.status = copied.status
                and original.unit = copied.unit
            join core.dim_report as source on source.report_id = copy.duplicate_of
        select
            copied.quantity_id,
            same: bool_or(original.low = copied.low and original.high = copied.high),
            original_id: arg_min(
                original.quantity_id,
                abs((original.span_start - source.span_start) - (copied.span_start - copy.span_start))
            ),
        where copied.indicator_id <> 'other' and not copied.redacted and not original.redacted
        group by copied.quantity_id
    ),
    differing as (
        from compared
            join core.fact_quantity as original on original.quantity_id = compared.original_id
            join core.fact_quantity as copied on copied.quantity_id = compared.quantity_id
            join core.dim_report as report on report.report_id = original.report_id
            join core.document_text as original_text on original_text.document_id = original.document_id
            join core.document_text as copied_text on copied_text.document_id = copied.document_id
        select
            kind: 'copy',
            report.place_id, original.indicator_id, original.status,
            period: period_label(original.period_start, original.period_end), original.per, original.unit,
            observation_id: original.quantity_id, original.report_id, original.low, original.high, original.raw_text,
            evidence: sentence_at(original_text.text, original.span_start, original.span_end),
            other_id: copied.quantity_id, other_report_id: copied.report_id, other_low: copied.low,
            other_high: copied.high, other_raw_text: copied.raw_text,
            other_evidence: sentence_at(copied_text.text, copied.span_start, copied.span_end),
        where not same
    ),
    conflict as (from disputed union all by name from differing)
from conflict
    left join core.dim_place as place using (place_id)
    left join core.dim_indicator as indicator using (indicator_id)
select
    conflict.kind, place_id, place_name: place.name, indicator_id, indicator_name: indicator.name_zh, conflict.status, period,
    per, conflict.unit, observation_id, report_id, low, high, raw_text, evidence,
    other_id, other_report_id, other_low, other_high, other_raw_text, other_evidence;
