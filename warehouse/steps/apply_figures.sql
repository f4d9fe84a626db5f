-- The changes made to the figures of the next version.

delete from next.mart.figure where rowid in (from memory.stale_figure);

insert into next.mart.figure by name from memory.incoming_figure;
