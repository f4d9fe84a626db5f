-- The figures to be worked out again, and what they become: one row a place, indicator, status, period, rate, unit
-- and scope, the best of what the reports say.
-- In: leaving, incoming_report, incoming_observation; the observations of copies are left out.

delete from incoming_observation where report_id in (from incoming_report select report_id where duplicate_of is not null);

create temp table stale as
    with written as (
        from core.fact_observation semi join leaving using (document_id)
        select place_id, indicator_id, status, per, period_start, period_end
        union
        from incoming_observation
        select place_id, indicator_id, status, per, period_start, period_end
    )
    from written
    select distinct
        place_id, indicator_id, status, per,
        first: first_day(period_start), final: final_day(period_end), period: period_between(first, final);

-- Every way to write the periods, so that the observations can be found by what they state.
create temp table stated as
    from stale
    select
        place_id, indicator_id, status, per,
        period_start: unnest(ways_to_write_start(first)),
        period_end: ways_to_write_end(final);

-- Of all columns of core.fact_observation the key takes longest to read, and report and span make it up as well.
create temp table candidate as
    with observation as (
        from core.fact_observation as observation
            semi join (from stated select * exclude (period_end), period_end: unnest(period_end)) as stated
                on observation.indicator_id = stated.indicator_id
                and observation.status = stated.status
                and observation.place_id is not distinct from stated.place_id
                and observation.per is not distinct from stated.per
                and observation.period_start is not distinct from stated.period_start
                and observation.period_end is not distinct from stated.period_end
            anti join leaving using (document_id)
        union all by name
        from incoming_observation
    )
    from observation
    select
        observation_id: left(report_id, 16) || '-' || span_start,
        report_id, indicator_id, place_id, status, period_start, period_end, per, unit,
        value, low, high, low_open, high_open, qualifier, redacted, confidence, corrected, span_start;

create temp table telling as
    from core.dim_report anti join leaving using (document_id) semi join candidate using (report_id)
    union all by name
    from incoming_report;

create temp table incoming_figure as
    with
        member as (from observations_in_context('candidate', 'telling')),
        -- What each report says: of several figures the largest, of which the others may be parts; of
        -- several shares the first.
        headline as (
            from member
            select
                *,
                report_figures: count(*) over report,
                report_masked: count(*) filter (redacted) over report,
            window report as (
                partition by place_id, indicator_id, status, period, per, unit, scope, reporter, report_id
            )
            qualify row_number() over (
                report
                order by
                    corrected desc, redacted, if(indicator_kind = 'rate', span_start, null), low desc, high, span_start
            ) = 1
        ),
        -- A correction stands above all; then the place's own report above a mention by another, the period
        -- stated more specifically, the later report, the narrower interval.
        preferred as (
            from headline
            select
                *,
                reports: count(*) over figure,
                figures: sum(report_figures) over figure,
                masked: sum(report_masked) over figure,
                preference: row_number() over ranked,
                best: first_value(bounds(low, high, low_open, high_open)) over ranked,
                best_reported: first_value(reported) over ranked,
                best_id: first_value(observation_id) over ranked,
            window
                figure as (partition by place_id, indicator_id, status, period, per, unit, scope, reporter),
                ranked as (
                    figure
                    order by
                        corrected desc, redacted, own desc,
                        len(coalesce(period_start, '')) + len(coalesce(period_end, '')) desc,
                        reported desc nulls last, (high - low) / greatest(abs(low), 1), confidence desc, report_id
                )
        ),
        -- What other reports say that can't be true where the best one is. An aggregate: as a window over strings
        -- it would take as long as all the rest.
        opposed as (
            from preferred
            select
                observation_id: best_id,
                conflicts: count(*),
                contradicted_by: string_agg(observation_id, ',' order by preference),
            where interval_contradicts(bounds(low, high, low_open, high_open), best)
                and same_time(period, reported, best_reported)
            group by best_id
        )
    from preferred left join opposed using (observation_id)
    select
        place_id, indicator_id, status, period_kind, period, per, year, unit, scope, reporter, level,
        period_start, period_end, value, low, high, low_open, high_open, qualifier, redacted, confidence,
        corrected, reported, observation_id, report_id, reports, figures, masked,
        conflicts: coalesce(conflicts, 0), contradicted_by,
    where preference = 1
    order by indicator_id, period, place_id;
