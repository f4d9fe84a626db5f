-- The observations of originals; those of copies stay in core.fact_quantity.
-- In: incoming_observation.

insert into core.fact_observation by name
    from incoming_observation semi join (from core.dim_report where duplicate_of is null) using (report_id);

insert into affected
    from incoming_observation
    select distinct place_id, indicator_id, status, period_start, period_end, per;
