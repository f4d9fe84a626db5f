-- mart.reconciliation: one row an observation, with the figure that it bears on and its part in it.
from observations_in_context('core.fact_observation', 'core.dim_report') as observation
    join mart.figure as figure using (figure_id)
select
    observation.observation_id,
    role: case
        when observation.observation_id = figure.observation_id then 'best'
        when observation.redacted then 'masked'
        when list_contains(string_split(figure.contradicted_by, ','), observation.observation_id) then 'contradicts'
        when observation.report_id = figure.report_id then 'same_report'
        when not same_time(observation.period, observation.reported, figure.reported) then 'other_time'
        when interval_contradicts(
            bounds(observation.low, observation.high, observation.low_open, observation.high_open),
            bounds(figure.low, figure.high, figure.low_open, figure.high_open)
        ) then 'same_report'
        else 'agrees'
    end,
    best_observation_id: figure.observation_id,
    observation.place_id, observation.indicator_id, observation.status, observation.period_kind, observation.period,
    observation.per, observation.year, observation.unit, observation.scope, observation.reporter, observation.level,
    observation.own, observation.reported, observation.value, observation.low, observation.high,
    observation.low_open, observation.high_open, observation.qualifier, observation.redacted, observation.corrected,
    observation.confidence, observation.raw_text, observation.evidence, observation.report_id, observation.document_id;
