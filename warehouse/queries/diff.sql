-- The observations that differ between core.fact_observation and newer_observation, with both readings.
with
    older as (
        from core.fact_observation
        select observation_id, raw_text, evidence, reading: {
            indicator_id: indicator_id, place_id: place_id, status: status, value: value, low: low, high: high,
            unit: unit, qualifier: qualifier, redacted: redacted, period_start: period_start,
            period_end: period_end, per: per, corrected: corrected,
        }
    ),
    newer as (
        from newer_observation
        select observation_id, raw_text, evidence, reading: {
            indicator_id: indicator_id, place_id: place_id, status: status, value: value, low: low, high: high,
            unit: unit, qualifier: qualifier, redacted: redacted, period_start: period_start,
            period_end: period_end, per: per, corrected: corrected,
        }
    )
from older full join newer using (observation_id)
select
    change: case
        when older.raw_text is null then 'appeared'
        when newer.raw_text is null then 'vanished'
        else 'changed'
    end,
    observation_id,
    raw_text: coalesce(newer.raw_text, older.raw_text),
    old: older.reading,
    new: newer.reading,
    evidence: coalesce(newer.evidence, older.evidence),
where older.reading is distinct from newer.reading
order by change, observation_id;
