-- Lists and single rows, and the fragments that say which columns.

-- name: event_columns
e.seq, e.id, e.name, e.source, e.label, e.hook, e.backend, e.subjects, e.status, e.problem, e.received_at, e.via, e.trace,
b.body

-- name: delivery_columns
d.id, e.id, d.seq, t.plugin, t.target, d.key, d.state, d.attempts, d.due_at, d.created_at, d.ended_at, d.reason,
d.superseded_by, d.fresh_from, d.fresh_at, d.size

-- Looking for the text of the subject first costs little, and rules out nearly all.
-- name: about_event
(:name IS NULL OR e.name = :name)
AND (:source IS NULL OR e.source = :source)
AND (:since IS NULL OR e.received_at >= :since)
AND (:until IS NULL OR e.received_at < :until)
AND (
    :subject IS NULL OR (
        instr(e.subjects, :subject_text) AND EXISTS (
            SELECT 1 FROM json_each(e.subjects)
            WHERE value = :subject OR substr(value, 1, length(:subject) + 1) = :subject || '/'
        )
    )
)

-- name: narrowed_to_status
AND e.status = :status AND e.status <> 'accepted'

-- name: event
SELECT {event_columns} FROM events AS e CROSS JOIN bodies AS b ON b.seq = e.seq WHERE e.id = ?;

-- name: about_delivery
(:plugin IS NULL OR t.plugin = :plugin)
AND (:target IS NULL OR t.target = :target)
AND (:states IS NULL OR d.state IN (SELECT value FROM json_each(:states)))
AND {about_event}

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

-- What `free` in claiming.sql looks for: the first that is unfinished in each lane at or above a delivery's own, what is
-- running there, and one of those below.
-- name: held_back_by
WITH RECURSIVE
held AS MATERIALIZED (SELECT number, target, key, seq FROM deliveries WHERE id = :id AND key IS NOT NULL),
path (target, key) AS (
    SELECT target, key FROM held
    UNION ALL
    SELECT target, substr(rtrim(key, replace(key, '/', '')), 1, length(rtrim(key, replace(key, '/', ''))) - 1)
    FROM path WHERE key <> ''
),
holding (number) AS (
    SELECT (
        SELECT d.number FROM deliveries AS d
        WHERE
            d.target = path.target AND d.key = path.key
            AND d.state IN ('pending', 'running') AND d.state = 'running'
        ORDER BY d.seq, d.number LIMIT 1
    ) FROM path
    UNION ALL
    SELECT (
        SELECT d.number FROM deliveries AS d
        WHERE
            d.target = path.target AND d.key = path.key
            AND d.state IN ('pending', 'running') AND d.state = 'pending'
        ORDER BY d.seq, d.number LIMIT 1
    ) FROM path
    UNION ALL
    SELECT (
        SELECT d.number FROM deliveries AS d
        WHERE
            d.target = held.target AND d.state IN ('pending', 'running')
            AND d.key >= CASE held.key WHEN '' THEN char(1) ELSE held.key || '/' END
            AND d.key < CASE held.key WHEN '' THEN x'ff' ELSE held.key || '0' END
            AND (d.state = 'running' OR (d.seq, d.number) < (held.seq, held.number))
        LIMIT 1
    ) FROM held
)
SELECT {delivery_columns}
FROM holding
CROSS JOIN held
CROSS JOIN deliveries AS d ON d.number = holding.number
CROSS JOIN targets AS t ON t.number = d.target
CROSS JOIN events AS e ON e.seq = d.seq
WHERE d.number <> held.number AND (d.state = 'running' OR (d.seq, d.number) < (held.seq, held.number))
ORDER BY d.seq, d.number
LIMIT 1;

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

-- name: dead_letters
SELECT plugin, target, dead FROM (
    SELECT t.plugin, t.target, (
        SELECT count(*) FROM deliveries AS d
        WHERE d.target = t.number AND d.state = 'dead' AND d.state IN ('pending', 'dead', 'superseded', 'cancelled')
    ) AS dead
    FROM targets AS t
)
WHERE dead > 0;

-- Most events are accepted and most deliveries delivered: all are counted on an index, the others apart.
-- name: count_events
SELECT 'accepted', (SELECT count(*) FROM events) - (SELECT count(*) FROM events WHERE status <> 'accepted')
UNION ALL
SELECT status, count(*) FROM events WHERE status <> 'accepted' GROUP BY status;

-- name: count_deliveries
WITH
undelivered AS MATERIALIZED (
    SELECT target, state, count(*) AS total FROM deliveries INDEXED BY deliveries_by_target_and_state
    WHERE state IN ('pending', 'dead', 'superseded', 'cancelled') GROUP BY target, state
    UNION ALL
    SELECT target, state, count(*) AS total FROM deliveries INDEXED BY deliveries_undelivered
    WHERE state = 'running' AND state <> 'delivered' GROUP BY target
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
