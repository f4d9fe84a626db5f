-- Which figures the observations that come in bear on, and which are to be worked out again: those, and the figures of
-- what leaves.
-- In: leaving, incoming_report, incoming_observation; the observations of copies are left out.

delete from incoming_observation where report_id in (from incoming_report select report_id where duplicate_of is not null);

create table memory.bearing as
    from observations_in_context('incoming_observation', 'incoming_report')
    select
        observation_id, place_id, indicator_id, status, period_kind, period, per, year, unit, scope, reporter,
        figure_id: figure_id(place_id, indicator_id, status, period, per, unit, scope, reporter);

create view memory.bearing_observation as
    from incoming_observation join (from bearing select observation_id, figure_id) using (observation_id);

-- With what tells them apart, so that it need not be read from every observation that bears on them.
create table memory.stale as
    from bearing select distinct on (figure_id) * exclude (observation_id)
    union all by name
    from mart.figure
        semi join (from core.fact_observation semi join leaving using (document_id)) using (figure_id)
        anti join bearing using (figure_id)
    select place_id, indicator_id, status, period_kind, period, per, year, unit, scope, reporter, figure_id;
