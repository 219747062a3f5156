-- Purging: what a filter finds goes for good, also what is to be delivered yet.

-- name: find_events
WITH
looked_at AS MATERIALIZED (
    SELECT e.seq FROM events AS e
    WHERE e.seq > :seq AND e.seq <= :last {narrowed}
    ORDER BY e.seq
    LIMIT :window
),
found AS MATERIALIZED (
    SELECT e.seq
    FROM looked_at CROSS JOIN events AS e ON e.seq = looked_at.seq
    WHERE {about_event} AND (:status IS NULL OR e.status = :status)
    LIMIT :limit
)
SELECT (SELECT json_group_array(seq) FROM found), (SELECT max(seq) FROM found), count(*), max(seq)
FROM looked_at;

-- name: count_of_events
SELECT count(*), count(*) FILTER (WHERE d.state = 'pending'), count(*) FILTER (WHERE d.state = 'running')
FROM json_each(:seqs) AS found CROSS JOIN deliveries AS d ON d.seq = found.value;

-- name: being_delivered
SELECT DISTINCT d.seq
FROM json_each(:seqs) AS found CROSS JOIN deliveries AS d ON d.seq = found.value
WHERE d.state = 'running';

-- name: superseded_of
SELECT d.superseded_by, d.id
FROM json_each(:seqs) AS found CROSS JOIN deliveries AS d ON d.seq = found.value
WHERE d.superseded_by IS NOT NULL;

-- name: relink
UPDATE deliveries SET superseded_by = ? WHERE superseded_by = ?;

-- Pending deliveries that stand for others, each with the youngest of these that stays.
-- name: heirs_of
SELECT d.id, (
    SELECT child.id FROM deliveries AS child
    WHERE child.superseded_by = d.id AND child.seq NOT IN (SELECT value FROM json_each(:seqs))
    ORDER BY child.seq DESC
    LIMIT 1
) AS youngest
FROM json_each(:seqs) AS found CROSS JOIN deliveries AS d ON d.seq = found.value
WHERE d.state = 'pending' AND youngest IS NOT NULL;

-- name: move
UPDATE deliveries AS d SET seq = child.seq, size = CASE d.batch WHEN 1 THEN child.size ELSE d.size END
FROM deliveries AS child
WHERE d.id = ? AND child.id = ?;

-- name: drop_delivery
DELETE FROM deliveries WHERE id = ?;

-- name: waiting_targets_of
SELECT DISTINCT t.plugin, t.target
FROM json_each(:seqs) AS found
CROSS JOIN deliveries AS d ON d.seq = found.value
CROSS JOIN targets AS t ON t.number = d.target
WHERE d.state = 'pending';

-- name: purge
DELETE FROM events WHERE seq IN (SELECT value FROM json_each(:seqs));
