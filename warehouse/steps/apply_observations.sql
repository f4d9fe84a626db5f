-- The changes made to the observations of the next version, and what became of the corrections.

delete from next.core.fact_observation where document_id in (from leaving);
delete from next.ops.correction where document_id in (from touched);

insert into next.core.fact_observation by name from bearing_observation;
insert into next.ops.correction by name from incoming_correction;
