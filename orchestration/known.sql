-- What is known from other batches that a batch can be compared with: the same places, and the originals of its copies.
-- Parameters: batch_id, place_ids, report_ids.
from core.fact_observation
where batch_id <> $batch_id and (place_id in $place_ids or report_id in $report_ids)
