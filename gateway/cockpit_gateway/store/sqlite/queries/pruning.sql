-- What is kept no longer: the oldest events, with everything that belongs to them.

-- Some pages of the file may be free: they are used again before the file grows.
-- name: bytes_in_use
SELECT (p.page_count - f.freelist_count) * s.page_size
FROM pragma_page_count() AS p, pragma_freelist_count() AS f, pragma_page_size() AS s;

-- name: count_kept
SELECT count(*) FROM events;

-- The oldest events after :after, those of them that may go, and the last that was looked at.
-- name: find_prunable
WITH looked_at AS MATERIALIZED (SELECT seq, received_at FROM events WHERE seq > :after ORDER BY seq LIMIT :step)
SELECT
    json_group_array(e.seq) FILTER (WHERE e.received_at < :before AND {is_over}),
    max(e.seq) FILTER (WHERE e.received_at < :before)
FROM looked_at AS e;

-- Nothing of it is to be delivered any more, and no delivery that carries it, of a burst, is.
-- name: is_over
NOT EXISTS (
    SELECT 1 FROM deliveries AS d WHERE d.seq = e.seq AND d.state IN ('pending', 'running')
)
AND NOT EXISTS (
    WITH RECURSIVE heir (id, state, superseded_by) AS (
        SELECT s.id, s.state, s.superseded_by
        FROM deliveries AS d CROSS JOIN deliveries AS s ON s.id = d.superseded_by
        WHERE d.seq = e.seq AND d.superseded_by IS NOT NULL
        UNION
        SELECT s.id, s.state, s.superseded_by FROM heir CROSS JOIN deliveries AS s ON s.id = heir.superseded_by
    )
    SELECT 1 FROM heir WHERE heir.state IN ('pending', 'running')
)

-- name: prune
DELETE FROM events AS e WHERE e.seq IN (SELECT value FROM json_each(:seqs)) AND {is_over};
