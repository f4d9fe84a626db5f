-- mart.report_profile: one row a report at a glance.
with
    quantity as (
        from core.fact_quantity as quantity left join core.dim_indicator as indicator using (indicator_id)
        select
            report_id,
            quantities: count(*),
            catalogued: count(indicator.family),
            indicators: count(distinct indicator_id) filter (indicator.family is not null),
            families: string_agg(distinct indicator.family, ', ' order by indicator.family),
            masked: count(*) filter (redacted),
            targets: count(*) filter (status = 'target'),
            fuzzy: count(*) filter (qualifier <> 'exact'),
            dated: count(*) filter (period_start is not null or period_end is not null),
        group by report_id
    )
from core.dim_report as report
    join core.dim_document as document using (document_id)
    left join quantity using (report_id)
select
    report_id, document_id, document.file_name, report.title, organisation, place_id, place_name, place_basis, level,
    report.year, duplicate_of, copy_kind, characters: span_end - span_start,
    quantities: coalesce(quantities, 0), catalogued: coalesce(catalogued, 0), indicators: coalesce(indicators, 0),
    families, masked: coalesce(masked, 0), targets: coalesce(targets, 0), fuzzy: coalesce(fuzzy, 0),
    dated: coalesce(dated, 0),
where is_report;
