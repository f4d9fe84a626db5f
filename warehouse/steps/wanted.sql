-- The hashes of the known reports that are wanted, each with the number of its report among them.
-- In: wanted(report_id). The filter keeps every row, for the reason that likely.sql gives.
create or replace temp table wanted_slot as
    from known_slot join (from wanted select report_id, number: rowid where report_id <> '') using (report_id)
    select number, slot;
