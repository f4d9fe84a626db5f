-- What bears on the figures that are to be worked out again, from what is known and what comes in.
-- In: leaving, incoming_report, bearing_observation, stale.

-- The rows of the figures that are to be replaced. The next version starts as a copy, whose rows have the same numbers.
create table memory.stale_figure as
    from mart.figure semi join (from stale where figure_id::varchar <> '') using (figure_id) select number: rowid;

-- The filter keeps every row, for the reason that likely.sql gives.
create table memory.candidate as
    with observation as (
        from core.fact_observation
            semi join (from stale where figure_id::varchar <> '') using (figure_id)
            anti join leaving using (document_id)
        union all by name
        from bearing_observation
    )
    from observation
    select
        report_id, figure_id, period_start, period_end, value, low, high, low_open, high_open, qualifier, redacted,
        confidence, corrected, span_start;

-- Of all columns of core.fact_observation the key takes longest to read, and report and span make it up as well.
create temp view numbered as
    from candidate select *, number: rowid, observation_id: left(report_id, 16) || '-' || span_start;

create table memory.telling as
    with report as (
        from core.dim_report anti join leaving using (document_id) semi join candidate using (report_id)
        union all by name
        from incoming_report
    )
    from report select report_id, place_id, level, reported: reported(reported_on, year);
