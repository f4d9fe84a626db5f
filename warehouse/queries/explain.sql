-- Everything that decided one quantity, or one observation that a person has added, in one row. Parameter: id.
with quantity as (
    from core.fact_quantity
    select
        quantity_id, document_id, report_id, indicator_id, span_start, span_end, raw_text, low, high, unit, status,
        period_start, period_end, per
    where quantity_id = $id
    union
    from core.fact_observation anti join (from core.fact_quantity where quantity_id = $id) on true
    select
        observation_id, document_id, report_id, indicator_id, span_start, span_end, raw_text, low, high, unit, status,
        period_start, period_end, per
    where observation_id = $id
)
from quantity
    join core.dim_document as document using (document_id)
    join core.document_text as body using (document_id)
    left join core.dim_report as report using (report_id)
    left join core.fact_observation as observation on observation.observation_id = quantity.quantity_id
    left join mart.reconciliation as reconciliation on reconciliation.observation_id = quantity.quantity_id
    left join core.dim_indicator as indicator
        on indicator.indicator_id = coalesce(observation.indicator_id, quantity.indicator_id)
    left join core.dim_place as place on place.place_id = observation.place_id
select
    quantity_id, document_id, document.file_name, document.source, document.arrived_at,
    report_id, report.title, report.organisation, report.duplicate_of,
    report_place: report.place_name, report.place_basis, report.place_evidence,
    place_name: place.name,
    indicator_id: coalesce(observation.indicator_id, quantity.indicator_id), indicator_name: indicator.name_zh,
    raw_text: quantity.raw_text, span_start: quantity.span_start, span_end: quantity.span_end,
    before: regexp_extract(left(body.text, quantity.span_start), '[^。！？!?\n]*$'),
    after: regexp_extract(substr(body.text, quantity.span_end + 1, 1000), '^[^。！？!?\n]*[。！？!?]?'),
    bounds: if(
        observation.observation_id is null,
        bounds(quantity.low, quantity.high),
        bounds(observation.low, observation.high, observation.low_open, observation.high_open)
    ),
    unit: coalesce(observation.unit, quantity.unit),
    status: coalesce(observation.status, quantity.status),
    per: if(observation.observation_id is null, quantity.per, observation.per),
    period: period_label(
        if(observation.observation_id is null, quantity.period_start, observation.period_start),
        if(observation.observation_id is null, quantity.period_end, observation.period_end)
    ),
    observation.period_basis, observation.confidence, observation.rules, observation.corrected,
    is_observation: observation.observation_id is not null,
    reconciliation.role, reconciliation.best_observation_id,
    interval: interval_text(bounds),
    others: (
        from mart.reconciliation as other
        select list({
            observation_id: other.observation_id, role: other.role, raw_text: other.raw_text, evidence: other.evidence
        } order by other.observation_id)
        where other.best_observation_id = reconciliation.best_observation_id
            and other.observation_id <> quantity.quantity_id
    ),
    corrections: (
        from ops.correction
        select list({
            action: action, changes: changes, author: author, reason: reason, made_at: made_at, applied: applied,
            problem: problem
        } order by made_at)
        where observation_id = quantity.quantity_id
    ),
    quarantined: (
        from ops.quarantine
        select list({expectation: expectation, reason: reason, state: state} order by quarantine_id)
        where kind = 'row' and split_part(item, ' ', -1) = quantity.quantity_id
    );
