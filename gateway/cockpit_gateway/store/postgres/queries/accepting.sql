-- Events and deliveries, as they are written.

-- name: number_targets
INSERT INTO targets (plugin, target)
SELECT plugin, target FROM unnest(:plugins::text[], :targets::text[]) AS t (plugin, target)
ORDER BY plugin, target
ON CONFLICT DO NOTHING;

-- name: target_numbers
SELECT plugin, target, number FROM targets
WHERE (plugin, target) IN (SELECT * FROM unnest(:plugins::text[], :targets::text[]));

-- name: target_names
SELECT plugin, target FROM targets WHERE number = ANY(:numbers::integer[]);

-- One transaction at a time gives out numbers, until its commit: whoever sees one sees all before it.
-- name: lock_acceptance
SELECT pg_advisory_xact_lock(7235419, 1);

-- Takes the lock, then notes the duplicates' keys, then numbers the events that are new, in their order. `place` is
-- what joins a delivery with its event. What is seen at the beginning is seen as it was before the lock was had: that
-- matters to none of this, since neither a sequence nor a unique index looks back.
-- name: accept
WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(7235419, 1)),
given AS MATERIALIZED (
    SELECT * FROM unnest(
        :places::integer[], :ids::text[], :names::text[], :sources::text[], :labels::text[], :hooks::text[],
        :backends::bigint[], :subjects::jsonb[], :statuses::text[], :problems::text[], :times::double precision[],
        :vias::text[], :traces::text[], :bodies::bytea[], :keys::text[], :expiries::double precision[]
    ) AS g (
        place, id, name, source, label, hook, backend, subjects, status, problem, received_at, via, trace, body, key,
        until
    )
),
noted AS (
    INSERT INTO duplicates AS d (key, event, seen_at, until)
    SELECT g.key, g.id, g.received_at, g.until FROM locked CROSS JOIN given AS g WHERE g.key IS NOT NULL
    ON CONFLICT (key) DO UPDATE SET event = excluded.event, seen_at = excluded.seen_at, until = excluded.until
    WHERE d.until <= excluded.seen_at
    RETURNING d.key
),
fresh AS MATERIALIZED (
    SELECT nextval('event_seqs') AS seq, g.* FROM (
        SELECT given.* FROM locked CROSS JOIN given
        WHERE given.key IS NULL OR given.key IN (SELECT key FROM noted)
        ORDER BY given.place
    ) AS g
),
event AS (
    INSERT INTO events (seq, id, name, source, label, hook, backend, subjects, status, problem, received_at, via, trace)
    SELECT seq, id, name, source, label, hook, backend, subjects, status, problem, received_at, via, trace FROM fresh
),
body AS (
    INSERT INTO bodies (seq, body) SELECT seq, body FROM fresh
),
delivery AS (
    INSERT INTO deliveries ({delivery_fields})
    SELECT
        d.id, fresh.seq, d.target, d.key, d.state, d.due_at, d.created_at, d.size, d.ended_at, d.reason,
        d.superseded_by, d.window_at, d.owner, d.batch, d.fresh_at
    FROM {given_deliveries} JOIN fresh ON fresh.place = d.place
)
SELECT place, seq FROM fresh ORDER BY place;

-- name: delivery_fields
id, seq, target, key, state, due_at, created_at, size, ended_at, reason, superseded_by, window_at, owner, batch,
fresh_at

-- name: given_deliveries
unnest(
    :d_places::bigint[], :d_ids::text[], :d_targets::integer[], :d_keys::text[], :d_states::text[],
    :d_due::double precision[], :d_created::double precision[], :d_sizes::bigint[], :d_ended::double precision[],
    :d_reasons::text[], :d_successors::text[], :d_windows::double precision[], :d_owners::text[], :d_batches::integer[],
    :d_fresh::double precision[]
) AS d (
    place, id, target, key, state, due_at, created_at, size, ended_at, reason, superseded_by, window_at, owner, batch,
    fresh_at
)

-- Deliveries of events that are stored already; `place` is the event's seq. Answers with the events that are there.
-- name: add
WITH known AS MATERIALIZED (SELECT seq FROM events WHERE seq = ANY(:seqs::bigint[]) FOR KEY SHARE),
delivery AS (
    INSERT INTO deliveries ({delivery_fields})
    SELECT
        d.id, known.seq, d.target, d.key, d.state, d.due_at, d.created_at, d.size, d.ended_at, d.reason,
        d.superseded_by, d.window_at, d.owner, d.batch, d.fresh_at
    FROM {given_deliveries} JOIN known ON known.seq = d.place
)
SELECT seq FROM known;

-- name: note_events
INSERT INTO duplicates AS d (key, event, seen_at, until)
SELECT * FROM unnest(
    :keys::text[], :ids::text[], :times::double precision[], :expiries::double precision[]
)
ON CONFLICT (key) DO UPDATE SET event = excluded.event, seen_at = excluded.seen_at, until = excluded.until
WHERE d.until <= excluded.seen_at
RETURNING d.key;

-- name: earlier_events
SELECT key, event FROM duplicates WHERE key = ANY(:keys::text[]);

-- name: prune_duplicates
DELETE FROM duplicates WHERE key IN (
    SELECT key FROM duplicates WHERE until <= :now::double precision ORDER BY until LIMIT :limit::bigint
    FOR UPDATE SKIP LOCKED
);

-- name: pending_of_lanes
SELECT d.target, d.key, d.id, d.attempts, coalesce(d.window_at, d.fresh_at) AS window_at, d.size, d.batch
FROM unnest(:targets::integer[], :keys::text[]) AS lane (target, key)
JOIN deliveries AS d ON d.target = lane.target AND d.key = lane.key AND d.state = 'pending'
ORDER BY d.seq, d.number
FOR UPDATE OF d;

-- name: supersede
UPDATE deliveries AS d SET state = 'superseded', superseded_by = new.successor, ended_at = new.at, reason = new.reason
FROM unnest(:ids::text[], :successors::text[], :times::double precision[], :reasons::text[])
AS new (id, successor, at, reason)
WHERE d.id = new.id AND d.state = 'pending';

-- name: postpone
UPDATE deliveries AS d SET due_at = new.due_at, window_at = new.window_at
FROM unnest(:ids::text[], :dues::double precision[], :windows::double precision[]) AS new (id, due_at, window_at)
WHERE d.id = new.id AND d.state = 'pending';
