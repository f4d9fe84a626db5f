-- The hashes of the known sketches that are wanted, each with the number of its sketch among them.
-- In: wanted(report_id). The filter keeps every row, for the reason that likely.sql gives.
create or replace table memory.wanted_slot as
    from known_slot join (from wanted select sketch_id: number_of(report_id), number: rowid where report_id <> '') using (sketch_id)
    select number, slot;
