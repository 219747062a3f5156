-- Lists and single rows, and the fragments that say which columns.

-- name: event_columns
e.seq, e.id, e.name, e.source, e.label, e.hook, e.backend, e.subjects, e.status, e.problem, e.received_at, e.via, e.trace,
b.body

-- name: delivery_columns
d.id, e.id, d.seq, t.plugin, t.target, d.key, d.state, d.attempts, d.due_at, d.created_at, d.ended_at, d.reason,
d.superseded_by, d.fresh_from, d.fresh_at, d.size

-- name: about_event
(:name::text IS NULL OR e.name = :name::text)
AND (:source::text IS NULL OR e.source = :source::text)
AND (:since::double precision IS NULL OR e.received_at >= :since::double precision)
AND (:until::double precision IS NULL OR e.received_at < :until::double precision)
AND (
    :subject::text IS NULL OR EXISTS (
        SELECT 1 FROM jsonb_array_elements_text(e.subjects) AS s (value)
        WHERE s.value = :subject::text OR starts_with(s.value, :subject::text || '/')
    )
)

-- name: narrowed_to_status
AND e.status = :status::text AND e.status <> 'accepted'

-- name: event
SELECT {event_columns} FROM events AS e JOIN bodies AS b ON b.seq = e.seq WHERE e.id = :id::text;

-- name: about_delivery
(:plugin::text IS NULL OR t.plugin = :plugin::text)
AND (:target::text IS NULL OR t.target = :target::text)
AND (:states::text[] IS NULL OR d.state = ANY(:states::text[]))
AND {about_event}

-- name: narrowed_to_event
AND d.seq = (SELECT seq FROM events WHERE id = :event_id::text)

-- name: narrowed_to_target
AND d.target = (SELECT number FROM targets WHERE plugin = :plugin::text AND target = :target::text)

-- name: narrowed_to_state
AND d.state = :state::text AND d.state <> 'delivered'

-- name: delivery
SELECT {delivery_columns}
FROM deliveries AS d
JOIN targets AS t ON t.number = d.target
JOIN events AS e ON e.seq = d.seq
WHERE d.id = :id::text;

-- What `free` in claiming.sql looks for: the first that is unfinished in each lane at or above a delivery's own, what is
-- running there, and one of those below.
-- name: held_back_by
WITH
held AS MATERIALIZED (
    SELECT number, target, key, seq FROM deliveries WHERE id = :id::text AND key IS NOT NULL
),
path AS MATERIALIZED (
    SELECT c.target, path.key FROM held AS c CROSS JOIN LATERAL ({ancestors}) AS path
),
holding (number) AS (
    SELECT (
        SELECT d.number FROM deliveries AS d
        WHERE d.target = path.target AND d.key = path.key AND d.state IN ('pending', 'running')
        ORDER BY d.state DESC, d.seq, d.number LIMIT 1
    ) FROM path
    UNION ALL
    SELECT (
        SELECT d.number FROM deliveries AS d
        WHERE d.target = path.target AND d.key = path.key AND d.state = 'pending'
        ORDER BY d.seq, d.number LIMIT 1
    ) FROM path
    UNION ALL
    SELECT (
        SELECT d.number FROM deliveries AS d
        WHERE
            d.target = held.target AND d.state IN ('pending', 'running') AND held.key <> ''
            AND d.key >= held.key || '/' AND d.key < held.key || '0'
            AND (d.state = 'running' OR (d.seq, d.number) < (held.seq, held.number))
        ORDER BY d.key LIMIT 1
    ) FROM held
    UNION ALL
    SELECT (
        SELECT d.number FROM deliveries AS d
        WHERE
            d.target = held.target AND d.state IN ('pending', 'running') AND held.key = '' AND d.key > ''
            AND (d.state = 'running' OR (d.seq, d.number) < (held.seq, held.number))
        ORDER BY d.key LIMIT 1
    ) FROM held
)
SELECT {delivery_columns}
FROM held
JOIN deliveries AS d ON d.number = ANY(ARRAY(SELECT number FROM holding))
JOIN targets AS t ON t.number = d.target
JOIN events AS e ON e.seq = d.seq
WHERE d.number <> held.number AND (d.state = 'running' OR (d.seq, d.number) < (held.seq, held.number))
ORDER BY d.seq, d.number
LIMIT 1;

-- name: attempts
SELECT number, started_at, duration, outcome, reason, status, headers, body, truncated FROM attempts
WHERE delivery = (SELECT number FROM deliveries WHERE id = :id::text)
ORDER BY number;

-- name: gateway_id
SELECT id FROM gateway;

-- name: name_gateway
INSERT INTO gateway (id) SELECT :id::text WHERE NOT EXISTS (SELECT 1 FROM gateway);

-- name: backlog
SELECT t.plugin, t.target, count(*), min(d.due_at), sum(d.size)::bigint, min(d.fresh_at)
FROM deliveries AS d JOIN targets AS t ON t.number = d.target
WHERE d.state = 'pending'
GROUP BY t.number;

-- name: dead_letters
SELECT t.plugin, t.target, d.dead
FROM (SELECT target, count(*) AS dead FROM deliveries WHERE state = 'dead' GROUP BY target) AS d
JOIN targets AS t ON t.number = d.target;

-- Most events are accepted and most deliveries delivered: those are counted on an index, the others apart.
-- name: count_events
SELECT 'accepted', (SELECT count(*) FROM events) - (SELECT count(*) FROM events WHERE status <> 'accepted')
UNION ALL
SELECT status, count(*) FROM events WHERE status <> 'accepted' GROUP BY status;

-- name: count_deliveries
WITH
undelivered AS MATERIALIZED (
    SELECT target, state, count(*) AS total FROM deliveries WHERE state <> 'delivered' GROUP BY target, state
),
counted AS (
    SELECT target, state, total FROM undelivered
    UNION ALL
    SELECT
        d.target, 'delivered',
        count(*) - (SELECT coalesce(sum(total), 0)::bigint FROM undelivered AS u WHERE u.target = d.target)
    FROM deliveries AS d GROUP BY d.target
)
SELECT t.plugin, t.target, c.state, c.total FROM counted AS c JOIN targets AS t ON t.number = c.target;

-- name: batch
WITH RECURSIVE member (id, seq) AS (
    SELECT id, seq FROM deliveries WHERE id = :id::text
    UNION
    SELECT d.id, d.seq FROM member JOIN deliveries AS d ON d.superseded_by = member.id
)
SELECT {event_columns}
FROM (SELECT DISTINCT seq FROM member) AS carried
JOIN events AS e ON e.seq = carried.seq
JOIN bodies AS b ON b.seq = e.seq
ORDER BY e.seq;
