-- mart.figure: one row a place, indicator, status, period, rate, unit and scope: the best of what the reports say.
-- In: affected (the figures to be worked out again), core.*.

create temp table stale as
    from affected
    select distinct place_id, indicator_id, status, per, period: period_label(period_start, period_end);

create temp table candidate as
    from core.fact_observation as observation
        semi join (from affected select distinct place_id, indicator_id, status) as affected
            on observation.indicator_id = affected.indicator_id
            and observation.status = affected.status
            and observation.place_id is not distinct from affected.place_id
    select
        observation_id, report_id, indicator_id, place_id, status, period_start, period_end, per, unit,
        value, low, high, low_open, high_open, qualifier, redacted, confidence, corrected, span_start;

delete from mart.figure as figure using stale
    where figure.indicator_id = stale.indicator_id
        and figure.status = stale.status
        and figure.place_id is not distinct from stale.place_id
        and figure.per is not distinct from stale.per
        and figure.period is not distinct from stale.period;

insert into mart.figure by name
    with
        member as (
            from observations_in_context('candidate') as member
                semi join stale on member.indicator_id = stale.indicator_id
                    and member.status = stale.status
                    and member.place_id is not distinct from stale.place_id
                    and member.per is not distinct from stale.per
                    and member.period is not distinct from stale.period
        ),
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
        reconciled as (
            from preferred
            select
                *,
                conflicts: count(*) filter (
                    interval_contradicts(bounds(low, high, low_open, high_open), best)
                    and same_time(period, reported, best_reported)
                ) over (partition by place_id, indicator_id, status, period, per, unit, scope, reporter),
            qualify preference = 1
        )
    from reconciled
    select
        place_id, indicator_id, status, period_kind, period, per, year, unit, scope, reporter, level,
        period_start, period_end, value, low, high, low_open, high_open, qualifier, redacted, confidence,
        corrected, reported, observation_id, report_id, reports, figures, masked, conflicts
    order by indicator_id, period, place_id;

drop table candidate;
drop table stale;
