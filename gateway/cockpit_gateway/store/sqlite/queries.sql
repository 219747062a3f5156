-- Every statement of the engine, by name. `{rows}` stands for as many rows of placeholders as there are rows; another
-- name in braces for the fragment of that name.
-- "Unfinished" is written `state IN ('pending', 'running')`, as the index `lanes` has it, so that the index is used.

-- Events

-- name: insert_events
INSERT INTO events (seq, id, name, source, label, hook, backend, subjects, status, problem, received_at, via)
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

-- Deliveries

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

-- Leases: who gives a delivery back leaves its due time alone, since it was due when it was leased.

-- name: lease
UPDATE deliveries SET state = 'running', owner = :owner WHERE number IN (SELECT value FROM json_each(:numbers));

-- name: release
UPDATE deliveries SET state = 'pending', owner = NULL, begun_at = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'running' AND owner = :owner;

-- name: release_all
UPDATE deliveries SET state = 'pending', owner = NULL, begun_at = NULL WHERE state = 'running' AND state <> 'delivered';

-- Whom the death of a process is blamed on: the suspect that was tried alone; otherwise all that were tried become
-- suspects.
-- name: blame
UPDATE deliveries SET crashes = CASE WHEN alone THEN crashes + 1 ELSE max(crashes, 1) END
WHERE state = 'running' AND state <> 'delivered' AND begun_at IS NOT NULL;

-- name: park
UPDATE deliveries SET
    state = 'dead', ended_at = :now, crashes = 0,
    reason = 'crashes: the gateway died in its attempts, at least ' || crashes || ' times in a row'
WHERE state = 'running' AND state <> 'delivered' AND crashes >= :most
RETURNING id;

-- name: release_all_of_the_dead
UPDATE deliveries SET state = 'pending', owner = NULL, begun_at = NULL, alone = 0
WHERE state = 'running' AND state <> 'delivered';

-- name: number_of
SELECT number FROM deliveries WHERE id = ?;

-- name: lease_suspects
UPDATE deliveries SET state = 'running', owner = ?
WHERE crashes > 0 AND state = 'pending'
RETURNING id, crashes, seq;

-- name: count_owners
SELECT count(*) FROM owners;

-- name: extend_lease
INSERT OR REPLACE INTO owners (owner, lease_until) VALUES (?, ?);

-- name: delete_owners
DELETE FROM owners;

-- Claiming. Each query answers with one row (the interpreter's lock changes hands at every row): the deliveries that
-- may be leased, oldest due first, one more than asked for; how many of them are due; when the last and when the first
-- that is not due yet falls due.

-- name: find_due
SELECT
    json_group_array(number), json_group_array(size), count(*) FILTER (WHERE due_at <= :now), max(due_at),
    min(due_at) FILTER (WHERE due_at > :now)
FROM (
    SELECT number, size, due_at FROM deliveries
    WHERE target = :target AND state = 'pending'
    ORDER BY due_at, seq, number
    LIMIT :limit + 1
);

-- Heads of lanes among the first :window pending deliveries.
-- name: find_heads
WITH candidate AS MATERIALIZED (
    SELECT number, key, seq, due_at, size FROM deliveries
    WHERE target = :target AND state = 'pending'
    ORDER BY due_at, seq, number
    LIMIT :window
)
{free};

-- Heads of lanes, looked for lane by lane.
-- name: find_heads_by_lane
WITH RECURSIVE
lane (key) AS (
    SELECT min(key) FROM deliveries
    WHERE target = :target AND key IS NOT NULL AND state IN ('pending', 'running')
    UNION ALL
    SELECT (
        SELECT min(d.key) FROM deliveries AS d
        WHERE d.target = :target AND d.key > lane.key AND d.state IN ('pending', 'running')
    )
    FROM lane WHERE lane.key IS NOT NULL
),
candidate AS MATERIALIZED (
    SELECT d.number, d.key, d.seq, d.due_at, d.size
    FROM lane CROSS JOIN deliveries AS d ON d.number = (
        SELECT head.number FROM deliveries AS head
        WHERE
            head.target = :target AND head.key = lane.key
            AND head.state IN ('pending', 'running') AND head.state = 'pending'
        ORDER BY head.seq, head.number
        LIMIT 1
    )
    ORDER BY d.due_at, d.seq, d.number
    LIMIT -1
)
{free};

-- Heads that were found without holding up the writer, as far as they still wait: nothing else of their target was
-- leased meanwhile, and whatever came after them is newer.
-- name: find_still_heads
SELECT
    json_group_array(number), json_group_array(size), count(*) FILTER (WHERE due_at <= :now), max(due_at),
    min(due_at) FILTER (WHERE due_at > :now)
FROM (
    SELECT d.number, d.size, d.due_at
    FROM json_each(:numbers) AS found CROSS JOIN deliveries AS d ON d.number = found.value
    WHERE d.state = 'pending'
);

-- Of `candidate`, those that nothing unfinished holds back in their own lane, above it (the keys that are a path prefix
-- of theirs) or below it (the keys of which theirs is a prefix; "0" is the character after "/"). Candidates are looked
-- at in their order, and only until there are enough.
-- name: free
SELECT
    json_group_array(number), json_group_array(size), count(*) FILTER (WHERE due_at <= :now), max(due_at),
    min(due_at) FILTER (WHERE due_at > :now)
FROM (
    SELECT c.number, c.size, c.due_at FROM candidate AS c
    WHERE NOT EXISTS (
        WITH RECURSIVE path (key) AS (
            SELECT c.key
            UNION ALL
            SELECT substr(rtrim(key, replace(key, '/', '')), 1, length(rtrim(key, replace(key, '/', ''))) - 1)
            FROM path WHERE key <> ''
        )
        SELECT 1 FROM path
        WHERE
            EXISTS (
                SELECT 1 FROM deliveries AS d
                WHERE
                    d.target = :target AND d.key = path.key
                    AND d.state IN ('pending', 'running') AND d.state = 'running'
            )
            OR EXISTS (
                SELECT 1 FROM deliveries AS d
                WHERE
                    d.target = :target AND d.key = path.key
                    AND d.state IN ('pending', 'running') AND d.state = 'pending'
                    AND (d.seq, d.number) < (c.seq, c.number)
            )
    )
    AND NOT EXISTS (
        SELECT 1 FROM deliveries AS d
        WHERE
            d.target = :target AND d.state IN ('pending', 'running')
            AND d.key >= CASE c.key WHEN '' THEN char(1) ELSE c.key || '/' END
            AND d.key < CASE c.key WHEN '' THEN x'ff' ELSE c.key || '0' END
            AND (d.state = 'running' OR (d.seq, d.number) < (c.seq, c.number))
    )
    LIMIT :limit + 1
);

-- name: more_pending_than
SELECT EXISTS (SELECT 1 FROM deliveries WHERE target = ? AND state = 'pending' ORDER BY due_at, seq, number LIMIT 1 OFFSET ?);

-- name: leased_work
SELECT {delivery_columns}, {event_columns}
FROM json_each(:numbers) AS leased
CROSS JOIN deliveries AS d ON d.number = leased.value
CROSS JOIN targets AS t ON t.number = d.target
CROSS JOIN events AS e ON e.seq = d.seq
CROSS JOIN bodies AS b ON b.seq = d.seq
ORDER BY leased.key;

-- name: batch
WITH RECURSIVE member (id, seq) AS (
    SELECT id, seq FROM deliveries WHERE id = :id
    UNION
    SELECT d.id, d.seq FROM member CROSS JOIN deliveries AS d ON d.superseded_by = member.id
)
SELECT {event_columns}
FROM (SELECT DISTINCT seq FROM member) AS carried
CROSS JOIN events AS e ON e.seq = carried.seq
CROSS JOIN bodies AS b ON b.seq = e.seq
ORDER BY e.seq;

-- What waits beyond its bounds, the oldest first; the newest are kept.

-- name: find_excess
SELECT json_group_array(number), count(*) FILTER (WHERE fresh_at < :before)
FROM (
    SELECT number, fresh_at FROM (
        SELECT
            number, seq, fresh_at, row_number() OVER newest_first AS place, sum(size) OVER newest_first AS bytes
        FROM deliveries WHERE target = (SELECT number FROM targets WHERE plugin = :plugin AND target = :target) AND state = 'pending'
        WINDOW newest_first AS (ORDER BY seq DESC, number DESC)
    )
    WHERE fresh_at < :before OR place > :rows OR bytes > :size
    ORDER BY seq, number
    LIMIT :step
);

-- name: bury
UPDATE deliveries SET
    state = 'dead', ended_at = :now,
    reason = CASE WHEN fresh_at < :before THEN :expired ELSE :overflow END
WHERE number IN (SELECT value FROM json_each(:numbers)) AND state = 'pending';

-- name: shift_due
UPDATE deliveries SET due_at = due_at + :seconds, window_at = window_at + :seconds, fresh_at = fresh_at + :seconds
WHERE state = 'pending' AND state <> 'delivered' AND fresh_at <= :before;

-- name: clamp_due
UPDATE deliveries SET due_at = :latest
WHERE target = (SELECT number FROM targets WHERE plugin = :plugin AND target = :target) AND state = 'pending' AND due_at > :latest;

-- Targets

-- name: number_target
INSERT OR IGNORE INTO targets (plugin, target) VALUES (?, ?);

-- name: target_number
SELECT number FROM targets WHERE plugin = ? AND target = ?;

-- name: set_target
INSERT INTO targets (plugin, target, fingerprint) VALUES (?, ?, ?)
ON CONFLICT (plugin, target) DO UPDATE SET
    fingerprint = excluded.fingerprint, held = NULL, reason = NULL, changed_at = NULL, failing_for = 0
WHERE fingerprint <> excluded.fingerprint;

-- name: hold_target
UPDATE targets SET held = ?, reason = ?, changed_at = ?, failing_for = 0 WHERE plugin = ? AND target = ?;

-- name: note_failing
UPDATE targets SET failing_for = ? WHERE plugin = ? AND target = ?;

-- name: target_states
SELECT plugin, target, held, reason, changed_at, failing_for FROM targets;

-- Reading

-- name: event_columns
e.seq, e.id, e.name, e.source, e.label, e.hook, e.backend, e.subjects, e.status, e.problem, e.received_at, e.via, b.body

-- name: delivery_columns
d.id, e.id, d.seq, t.plugin, t.target, d.key, d.state, d.attempts, d.due_at, d.created_at, d.ended_at, d.reason,
d.superseded_by, d.fresh_from, d.fresh_at, d.size

-- name: about_event
(:name IS NULL OR e.name = :name)
AND (:source IS NULL OR e.source = :source)
AND (:since IS NULL OR e.received_at >= :since)
AND (:until IS NULL OR e.received_at < :until)
AND (
    :subject IS NULL OR EXISTS (
        SELECT 1 FROM json_each(e.subjects)
        WHERE value = :subject OR substr(value, 1, length(:subject) + 1) = :subject || '/'
    )
)

-- name: events
SELECT {event_columns} FROM events AS e CROSS JOIN bodies AS b ON b.seq = e.seq
WHERE
    e.seq < coalesce(:before, 9223372036854775807)
    AND {about_event}
    AND (:status IS NULL OR e.status = :status)
    {narrowed}
ORDER BY e.seq DESC
LIMIT :limit;

-- name: narrowed_to_status
AND e.status = :status AND e.status <> 'accepted'

-- name: event
SELECT {event_columns} FROM events AS e CROSS JOIN bodies AS b ON b.seq = e.seq WHERE e.id = ?;

-- name: about_delivery
(:plugin IS NULL OR t.plugin = :plugin)
AND (:target IS NULL OR t.target = :target)
AND (:states IS NULL OR d.state IN (SELECT value FROM json_each(:states)))
AND {about_event}

-- name: deliveries
SELECT {delivery_columns}
FROM deliveries AS d
CROSS JOIN targets AS t ON t.number = d.target
CROSS JOIN events AS e ON e.seq = d.seq
WHERE
    d.id < coalesce(:before, x'ff')
    AND {about_delivery}
    {narrowed}
ORDER BY d.id DESC
LIMIT :limit;

-- name: narrowed_to_event
AND d.seq = (SELECT seq FROM events WHERE id = :event_id)

-- name: narrowed_to_target
AND d.target = (SELECT number FROM targets WHERE plugin = :plugin AND target = :target)

-- name: narrowed_to_state
AND d.state = :state AND d.state <> 'delivered'

-- name: delivery
SELECT {delivery_columns}
FROM deliveries AS d
CROSS JOIN targets AS t ON t.number = d.target
CROSS JOIN events AS e ON e.seq = d.seq
WHERE d.id = ?;

-- name: attempts
SELECT number, started_at, duration, outcome, reason, status, headers, body, truncated FROM attempts
WHERE delivery = (SELECT number FROM deliveries WHERE id = ?)
ORDER BY number;

-- name: gateway_id
SELECT id FROM gateway;

-- name: name_gateway
INSERT INTO gateway (id) VALUES (?);

-- name: backlog
SELECT t.plugin, t.target, count(*), min(d.due_at), sum(d.size), min(d.fresh_at)
FROM deliveries AS d CROSS JOIN targets AS t ON t.number = d.target
WHERE d.state = 'pending'
GROUP BY d.target;

-- Most events are accepted and most deliveries delivered: those are counted on an index, the others apart.
-- name: count_events
SELECT 'accepted', (SELECT count(*) FROM events) - (SELECT count(*) FROM events WHERE status <> 'accepted')
UNION ALL
SELECT status, count(*) FROM events WHERE status <> 'accepted' GROUP BY status;

-- name: count_deliveries
WITH
undelivered AS MATERIALIZED (
    SELECT target, state, count(*) AS total FROM deliveries INDEXED BY deliveries_undelivered
    WHERE state <> 'delivered' GROUP BY target, state
),
counted AS (
    SELECT target, state, total FROM undelivered
    UNION ALL
    SELECT
        target, 'delivered',
        count(*) - (SELECT coalesce(sum(total), 0) FROM undelivered AS u WHERE u.target = d.target)
    FROM deliveries AS d GROUP BY target
)
SELECT t.plugin, t.target, c.state, c.total FROM counted AS c JOIN targets AS t ON t.number = c.target;

-- Replaying: previews, and steps through many deliveries or events. A step looks at a bounded number of rows, found or
-- not, in order of acceptance, and only until there are enough.

-- name: narrowed_to_ids
AND d.id IN (SELECT value FROM json_each(:ids))

-- name: narrowed_to_end
AND d.state = :state AND d.state IN ('dead', 'superseded', 'cancelled')

-- name: narrowed_to_event_ids
AND e.id IN (SELECT value FROM json_each(:ids))

-- name: unknown_deliveries
SELECT value FROM json_each(:ids) WHERE NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.id = value);

-- name: unknown_events
SELECT value FROM json_each(:ids) WHERE NOT EXISTS (SELECT 1 FROM events AS e WHERE e.id = value);

-- name: last_delivery
SELECT coalesce(max(number), 0) FROM deliveries;

-- Counts what is found. What was delivered to the same targets about the same subjects since the first of it is looked
-- for once, not for each of them.
-- name: tally
WITH
found AS MATERIALIZED (
    SELECT d.number, d.seq, d.target, d.state, e.received_at, e.subjects
    FROM deliveries AS d
    CROSS JOIN targets AS t ON t.number = d.target
    CROSS JOIN events AS e ON e.seq = d.seq
    WHERE {about_delivery} {narrowed}
),
about AS MATERIALIZED (
    SELECT DISTINCT found.target, s.value AS subject FROM found CROSS JOIN json_each(found.subjects) AS s
),
newer AS MATERIALIZED (
    SELECT d.target, s.value AS subject, max(d.seq) AS seq
    FROM events AS e
    CROSS JOIN json_each(e.subjects) AS s
    CROSS JOIN deliveries AS d ON d.seq = e.seq
    WHERE
        e.seq > (SELECT min(seq) FROM found)
        AND s.value IN (SELECT subject FROM about)
        AND d.state = 'delivered'
        AND (d.target, s.value) IN (SELECT target, subject FROM about)
    GROUP BY d.target, s.value
),
overtaken AS MATERIALIZED (
    SELECT DISTINCT found.number
    FROM found
    CROSS JOIN json_each(found.subjects) AS s
    CROSS JOIN newer ON newer.target = found.target AND newer.subject = s.value
    WHERE newer.seq > found.seq
)
SELECT
    t.plugin, t.target, found.state, count(*), min(found.received_at), max(found.received_at),
    count(*) FILTER (WHERE found.number IN (SELECT number FROM overtaken))
FROM found CROSS JOIN targets AS t ON t.number = found.target
GROUP BY t.number, found.state
ORDER BY t.plugin, t.target, found.state;

-- name: walk_deliveries
WITH
looked_at AS MATERIALIZED (
    SELECT d.number, d.seq FROM deliveries AS d
    WHERE (d.seq, d.number) > (:seq, :number) AND +d.number <= :last {narrowed}
    ORDER BY d.seq, d.number
    LIMIT :window
),
found AS MATERIALIZED (
    SELECT d.number, d.seq
    FROM looked_at
    CROSS JOIN deliveries AS d ON d.number = looked_at.number
    CROSS JOIN targets AS t ON t.number = d.target
    CROSS JOIN events AS e ON e.seq = d.seq
    WHERE {about_delivery}
    LIMIT :limit
)
SELECT
    (SELECT json_group_array(number) FROM found), (SELECT max(seq) FROM found),
    count(*), max(seq), (SELECT number FROM looked_at ORDER BY seq DESC, number DESC LIMIT 1)
FROM looked_at;

-- name: targets_of
SELECT DISTINCT t.plugin, t.target
FROM json_each(:numbers) AS found
CROSS JOIN deliveries AS d ON d.number = found.value
CROSS JOIN targets AS t ON t.number = d.target;

-- name: replay
UPDATE deliveries SET
    state = 'pending', due_at = :now, ended_at = NULL, superseded_by = NULL, window_at = :now, fresh_from = attempts,
    fresh_at = :now, reason = 'replayed by a person'
WHERE
    number IN (SELECT value FROM json_each(:numbers)) AND state <> 'running'
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)));

-- name: replace
UPDATE deliveries SET
    state = 'superseded', superseded_by = json_extract(new.value, '$[1]'), ended_at = :now,
    reason = 'replayed by a person under a new id'
FROM json_each(:pairs) AS new
WHERE
    number = json_extract(new.value, '$[0]') AND state <> 'running'
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)));

-- name: insert_replacements
INSERT INTO deliveries (id, seq, target, key, state, due_at, created_at, fresh_at, window_at, size, batch, reason)
SELECT d.superseded_by, d.seq, d.target, d.key, 'pending', :now, :now, :now, :now, d.size, d.batch, 'in the place of ' || d.id
FROM json_each(:pairs) AS new CROSS JOIN deliveries AS d ON d.number = json_extract(new.value, '$[0]')
WHERE d.superseded_by = json_extract(new.value, '$[1]');

-- name: cancel
UPDATE deliveries SET state = 'cancelled', ended_at = :now, reason = 'cancelled by a person'
WHERE
    number IN (SELECT value FROM json_each(:numbers)) AND state IN ('pending', 'dead')
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)));

-- The bodies of the events found, up to :room bytes and one more.
-- name: walk_events
WITH
looked_at AS MATERIALIZED (
    SELECT e.seq FROM events AS e
    WHERE e.seq > :seq AND e.seq <= :last {narrowed}
    ORDER BY e.seq
    LIMIT :window
),
found AS MATERIALIZED (
    SELECT e.seq, length(b.body) AS size
    FROM looked_at CROSS JOIN events AS e ON e.seq = looked_at.seq CROSS JOIN bodies AS b ON b.seq = e.seq
    WHERE {about_event} AND (:status IS NULL OR e.status = :status)
    LIMIT :limit
),
measured AS MATERIALIZED (SELECT seq, sum(size) OVER (ORDER BY seq) - size AS before FROM found)
SELECT
    (SELECT json_group_array(seq) FROM measured WHERE before < :room), (SELECT count(*) FROM found), count(*), max(seq)
FROM looked_at;

-- name: events_of
SELECT {event_columns}
FROM json_each(:seqs) AS found CROSS JOIN events AS e ON e.seq = found.value CROSS JOIN bodies AS b ON b.seq = e.seq
ORDER BY found.key;

-- name: delivered_to
SELECT DISTINCT d.seq, t.plugin, t.target
FROM json_each(:seqs) AS found
CROSS JOIN deliveries AS d ON d.seq = found.value
CROSS JOIN targets AS t ON t.number = d.target
WHERE d.state = 'delivered';

-- name: insert_replayed
INSERT INTO deliveries (id, seq, target, key, state, due_at, created_at, fresh_at, window_at, size, reason)
VALUES (:id, :seq, :target, :key, 'pending', :now, :now, :now, :now, :size, 'event replayed by a person');
