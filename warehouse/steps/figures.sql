-- What the figures that are worked out again become: one row a place, indicator, status, period, rate, unit and scope,
-- the best of what the reports say.
-- In: numbered, telling, stale.

-- The columns that rank, and no others: to carry all of them through a window takes longer than all the rest.
create table memory.ranked as
    with
        member as (
            from numbered
                join telling as report using (report_id)
                join stale as figure using (figure_id)
                join core.dim_indicator as indicator using (indicator_id)
            select
                number, figure_id, report_id, reported, corrected, redacted, low, high, confidence, span_start,
                own: figure.place_id is not distinct from report.place_id,
                first_share: if(indicator.kind = 'rate', span_start, null),
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
        join stale on stale.figure_id = best.figure_id
    select
        best.number, place.preference, other.observation_id, place.reported, best_reported: first.reported, period,
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
    from best
        join stale as figure using (figure_id)
        join telling as report using (report_id)
        join ranked using (number)
        left join opposed using (number)
        left join core.dim_place as place on place.place_id = figure.place_id
    select
        figure_id, figure.place_id, indicator_id, status, period_kind, period, per, figure.year, unit, scope, reporter,
        level: figure_level(scope, place.level, report.level),
        period_start, period_end, value, low, high, low_open, high_open, qualifier, redacted, confidence,
        corrected, report.reported, observation_id, report_id, reports, figures, masked,
        conflicts: coalesce(conflicts, 0), contradicted_by,
    order by indicator_id, period, place_id;
