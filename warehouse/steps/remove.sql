-- What the warehouse has of the touched documents goes; the figures that lose by it are remembered.
-- In: leaving, touched.

create temp table affected as
    from core.fact_observation semi join leaving using (document_id)
    select distinct place_id, indicator_id, status, period_start, period_end, per;

delete from core.dim_document where document_id in (from leaving);
delete from core.document_text where document_id in (from leaving);
delete from core.dim_report where document_id in (from leaving);
delete from core.fact_numeral where document_id in (from leaving);
delete from core.fact_quantity where document_id in (from leaving);
delete from core.fact_observation where document_id in (from leaving);
delete from ops.correction where document_id in (from touched);
