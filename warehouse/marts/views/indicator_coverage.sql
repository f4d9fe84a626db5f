-- mart.indicator_coverage: one row a place that reports and an indicator: whether it is reported, masked or missing.
with
    reporting as (
        from core.dim_report
        select place_id, place_reports: count(*)
        where is_report and duplicate_of is null and place_id is not null
        group by place_id
    ),
    stated as (
        from mart.figure
        select
            place_id, indicator_id,
            figures: sum(figures)::bigint,
            masked: sum(masked)::bigint,
            targets: coalesce(sum(figures) filter (status = 'target'), 0)::bigint,
            first_year: min(coalesce(year, left(period, 4)::bigint)),
            last_year: max(year),
        where place_id is not null
        group by place_id, indicator_id
    )
from reporting
    cross join core.dim_indicator as indicator
    join core.dim_place as place on place.place_id = reporting.place_id
    left join stated on stated.place_id = reporting.place_id and stated.indicator_id = indicator.indicator_id
select
    reporting.place_id, place_name: place.name, place.province, place.level,
    indicator.indicator_id, indicator_name: indicator.name_zh, indicator.family,
    state: case when figures is null then 'missing' when masked = figures then 'masked' else 'reported' end,
    place_reports,
    figures: coalesce(figures, 0), masked: coalesce(masked, 0), targets: coalesce(targets, 0), first_year, last_year;
