-- Purging: what a filter finds goes for good, also what is to be delivered yet.

-- name: find_events
WITH
looked_at AS MATERIALIZED (
    SELECT e.seq FROM events AS e
    WHERE e.seq > :seq::bigint AND e.seq <= :last::bigint {narrowed}
    ORDER BY e.seq
    LIMIT :window::bigint
),
found AS MATERIALIZED (
    SELECT e.seq
    FROM looked_at JOIN events AS e ON e.seq = looked_at.seq
    WHERE {about_event} AND (:status::text IS NULL OR e.status = :status::text)
    ORDER BY e.seq
    LIMIT :limit::bigint
)
SELECT
    (SELECT coalesce(array_agg(seq ORDER BY seq), '{}') FROM found), (SELECT max(seq) FROM found), count(*), max(seq)
FROM looked_at;

-- name: count_of_events
SELECT count(*), count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'running')
FROM deliveries WHERE seq = ANY(:seqs::bigint[]);

-- Nobody leases or ends these deliveries until the commit.
-- name: lock_deliveries_of
SELECT number FROM deliveries WHERE seq = ANY(:seqs::bigint[]) ORDER BY number FOR UPDATE;

-- name: being_delivered
SELECT DISTINCT seq FROM deliveries WHERE seq = ANY(:seqs::bigint[]) AND state = 'running';

-- name: superseded_of
SELECT superseded_by, id FROM deliveries WHERE seq = ANY(:seqs::bigint[]) AND superseded_by IS NOT NULL
ORDER BY number;

-- name: relink
UPDATE deliveries SET superseded_by = :successor::text WHERE superseded_by = :id::text;

-- Pending deliveries that stand for others, each with the youngest of these that stays.
-- name: heirs_of
SELECT d.id, child.id
FROM deliveries AS d CROSS JOIN LATERAL (
    SELECT c.id FROM deliveries AS c
    WHERE c.superseded_by = d.id AND c.seq <> ALL(:seqs::bigint[])
    ORDER BY c.seq DESC
    LIMIT 1
) AS child
WHERE d.seq = ANY(:seqs::bigint[]) AND d.state = 'pending'
ORDER BY d.number;

-- name: move
UPDATE deliveries AS d SET seq = child.seq, size = CASE d.batch WHEN 1 THEN child.size ELSE d.size END
FROM deliveries AS child
WHERE d.id = :heir::text AND child.id = :youngest::text;

-- name: drop_delivery
WITH dropped AS (DELETE FROM deliveries WHERE id = :id::text RETURNING number)
DELETE FROM attempts WHERE delivery IN (SELECT number FROM dropped);

-- name: waiting_targets_of
SELECT DISTINCT t.plugin, t.target
FROM deliveries AS d JOIN targets AS t ON t.number = d.target
WHERE d.seq = ANY(:seqs::bigint[]) AND d.state = 'pending';
