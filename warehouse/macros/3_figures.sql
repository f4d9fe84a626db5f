create macro reported(reported_on, year) as coalesce(reported_on, year::varchar);
comment on macro reported is '报告时间：when a report was made, as closely as it is known: its date, else its year';

-- A report on a part of a place tells of the level of that part.
create macro figure_level(scope, place_level, report_level) as if(scope = 'place', place_level, report_level);
comment on macro figure_level is '指标层级：the level that a figure is of: its place''s, unless it is a part''s own';

-- One row an observation, with what decides which figure it bears on; `observations` and `reports` name tables with
-- the columns of core.fact_observation and core.dim_report. An observation bears on the figure of its place, unless
-- the report is about a part of the place only (a bureau's own figures are not its city's): then it is the reporter's
-- own.
create macro observations_in_context(observations, reports) as table
    with observation as (
        from query_table(observations) as observation
            join query_table(reports) as report using (report_id)
            left join core.dim_place as place on place.place_id = observation.place_id
            join core.dim_indicator as indicator on indicator.indicator_id = observation.indicator_id
        select
            -- Things, people and attendances are all counted one by one.
            observation.* replace (
                if(
                    observation.unit in ('count', 'person', 'person_time')
                    and indicator.unit in ('count', 'person', 'person_time'),
                    indicator.unit, observation.unit
                ) as unit
            ),
            indicator_kind: indicator.kind,
            own: observation.place_id is not distinct from report.place_id,
            reported: reported(report.reported_on, report.year),
            scope: case
                when observation.place_id is null then 'unplaced'
                when own and report.level <> place.level then 'part'
                else 'place'
            end,
            reporter: case when scope <> 'place' then coalesce(report.organisation, observation.report_id) end,
            level: figure_level(scope, place.level, report.level),
            period: period_label(period_start, period_end),
    )
    from observation
    select *, period_kind: period_kind(period, per), year: period_year(period);
comment on macro table observations_in_context is '观测与范围：observations with the figure that each bears on; takes the names of tables like core.fact_observation and core.dim_report';
