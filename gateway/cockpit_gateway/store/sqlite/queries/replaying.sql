-- Replaying: previews, and steps through many deliveries or events. A step looks at a bounded number of rows, found or
-- not, in order of acceptance, and only until there are enough.

-- name: narrowed_to_ids
AND d.id IN (SELECT value FROM json_each(:ids))

-- name: narrowed_to_end
AND d.state = :state AND d.state <> 'delivered' AND d.state IN ('dead', 'superseded', 'cancelled')

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
    FROM (SELECT target, min(seq) AS seq FROM found GROUP BY target) AS first
    CROSS JOIN deliveries AS d ON d.target = first.target AND d.seq > first.seq
    CROSS JOIN events AS e ON e.seq = d.seq
    CROSS JOIN json_each(e.subjects) AS s
    WHERE d.state = 'delivered' AND (d.target, s.value) IN (SELECT target, subject FROM about)
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
