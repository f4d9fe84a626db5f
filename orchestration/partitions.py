"""A batch of documents is a partition."""

import dagster as dg

# The name under which Dagster keeps the batches it knows.
BATCH = "batch"
BATCHES = dg.DynamicPartitionsDefinition(name=BATCH)
