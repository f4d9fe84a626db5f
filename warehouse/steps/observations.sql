-- The observations that come in: what the checks accepted, less what people hold back, and with what they released.
-- In: incoming, decided, and the stages of the batches that bring the documents.

create table memory.entry as
    with quarantine as (
        from ops.quarantine anti join decided_batch using (batch_id)
        union all by name
        from decided
    )
    from quarantine semi join incoming using (document_id)
    select observation_id: split_part(item, ' ', -1), is_held: bool_or(state in ('open', 'rejected'))
    where kind = 'row'
    group by observation_id;

create table memory.incoming_observation as
    with
        accepted as (from stage_accepted semi join incoming using (document_id, batch_id)),
        released as (
            from stage_observations
                semi join (from entry where not is_held) using (observation_id)
                semi join incoming using (document_id, batch_id)
                anti join accepted using (observation_id)
        )
    from accepted anti join (from entry where is_held) using (observation_id)
    union all by name
    from released;
