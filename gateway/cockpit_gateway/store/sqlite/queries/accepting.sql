-- Events, deliveries and their attempts, as they are written.

-- name: insert_events
INSERT INTO events (seq, id, name, source, label, hook, backend, subjects, status, problem, received_at, via, trace)
VALUES {rows};

-- name: insert_bodies
INSERT INTO bodies (seq, body) VALUES {rows};

-- name: last_seq
SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events';

-- name: prune_duplicates
DELETE FROM duplicates WHERE key IN (SELECT key FROM duplicates WHERE until <= ? ORDER BY until LIMIT ?);

-- name: earlier_event
SELECT event FROM duplicates WHERE key = ? AND until > ?;

-- name: note_event
INSERT OR REPLACE INTO duplicates (key, event, until) VALUES (?, ?, ?);

-- name: insert_deliveries
INSERT INTO deliveries
    (
        id, seq, target, key, state, due_at, created_at, size, ended_at, reason, superseded_by, window_at, owner, batch,
        fresh_at
    )
VALUES {rows};

-- name: settle_deliveries
UPDATE deliveries SET
    state = new.column2, attempts = new.column3, due_at = new.column4, ended_at = new.column5, reason = new.column6,
    owner = NULL, begun_at = NULL
FROM (VALUES {rows}) AS new
WHERE deliveries.id = new.column1 AND deliveries.state = 'running';

-- name: insert_attempts
INSERT INTO attempts (delivery, number, started_at, duration, outcome, reason, status, headers, body, truncated)
SELECT
    d.number, new.column2, new.column3, new.column4, new.column5, new.column6, new.column7, new.column8, new.column9,
    new.column10
FROM (VALUES {rows}) AS new CROSS JOIN deliveries AS d ON d.id = new.column1;

-- name: mark_begun
UPDATE deliveries SET begun_at = new.column2
FROM (VALUES {rows}) AS new
WHERE deliveries.id = new.column1 AND deliveries.state = 'running';

-- name: begin
UPDATE deliveries SET begun_at = ?, alone = ? WHERE id = ? AND state = 'running';

-- name: clear
UPDATE deliveries SET crashes = 0, alone = 0 WHERE id IN (SELECT value FROM json_each(?));

-- name: pending_of_lane
SELECT id, attempts, coalesce(window_at, fresh_at), size, batch FROM deliveries
WHERE target = ? AND key = ? AND state = 'pending' AND state IN ('pending', 'running')
ORDER BY seq, number;

-- name: supersede
UPDATE deliveries SET state = 'superseded', superseded_by = ?, ended_at = ?, reason = ?
WHERE id IN (SELECT value FROM json_each(?));

-- name: postpone
UPDATE deliveries SET due_at = ?, window_at = ? WHERE id = ?;
