-- The figures to be worked out again, and what they become: one row a place, indicator, status, period, rate, unit
-- and scope, the best of what the reports say.
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
        report_id, indicator_id, place_id, status, period_start, period_end, per, unit, figure_id,
        value, low, high, low_open, high_open, qualifier, redacted, confidence, corrected, span_start;

-- Of all columns of core.fact_observation the key takes longest to read, and report and span make it up as well.
create temp view numbered as
    from candidate select *, number: rowid, observation_id: left(report_id, 16) || '-' || span_start;

create table memory.telling as
    with report as (
        from core.dim_report anti join leaving using (document_id) semi join candidate using (report_id)
        union all by name
        from incoming_report
    )
    from report select report_id, place_id, level, organisation, reported_on, year;

-- The columns that rank, and no others: to carry all of them through a window takes longer than all the rest.
create table memory.ranked as
    with
        member as (
            from observations_in_context('numbered', 'telling')
            select
                number, figure_id, report_id, own, reported, corrected, redacted, low, high, confidence, span_start,
                first_share: if(indicator_kind = 'rate', span_start, null),
                stated: len(coalesce(period_start, '')) + len(coalesce(period_end, '')),
        ),
        -- What each report says: of several figures the largest, of which the others may be parts; of
        -- several shares the first.
        headline as (
            from member
            select *, figures: count(*) over report, masked: count(*) filter (redacted) over report,
            window report as (partition by figure_id, report_id)
            qualify row_number() over (
                report order by corrected desc, redacted, first_share, low desc, high, span_start
            ) = 1
        )
    -- A correction stands above all; then the place's own report above a mention by another, the period
    -- stated more specifically, the later report, the narrower interval.
    from headline
    select
        number, reported,
        best: first_value(number) over ranked,
        preference: row_number() over ranked,
        reports: count(*) over figure,
        figures: sum(figures) over figure,
        masked: sum(masked) over figure,
    window
        figure as (partition by figure_id),
        ranked as (
            figure
            order by
                corrected desc, redacted, own desc, stated desc, reported desc nulls last,
                (high - low) / greatest(abs(low), 1), confidence desc, report_id
        );

create temp view best as from numbered semi join (from ranked where preference = 1) using (number);

create table memory.contradicting as
    from ranked as place
        join numbered as other on other.number = place.number
        join ranked as first on first.number = place.best
        join best on best.number = place.best
    select
        best.number, place.preference, other.observation_id, place.reported, best_reported: first.reported,
        period: period_label(best.period_start, best.period_end),
    where interval_contradicts(
        bounds(other.low, other.high, other.low_open, other.high_open),
        bounds(best.low, best.high, best.low_open, best.high_open)
    );

-- What other reports say that can't be true where the best one is.
create table memory.opposed as
    from contradicting
    select number, conflicts: count(*), contradicted_by: string_agg(observation_id, ',' order by preference),
    where same_time(period, reported, best_reported)
    group by number;

create table memory.incoming_figure as
    from observations_in_context('best', 'telling') as best
        join ranked using (number)
        left join opposed using (number)
    select
        figure_id, place_id, indicator_id, status, period_kind, period, per, year, unit, scope, reporter, level,
        period_start, period_end, value, low, high, low_open, high_open, qualifier, redacted, confidence,
        corrected, best.reported, observation_id, report_id, reports, figures, masked,
        conflicts: coalesce(conflicts, 0), contradicted_by,
    order by indicator_id, period, place_id;
