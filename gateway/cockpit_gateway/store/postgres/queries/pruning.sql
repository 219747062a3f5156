-- What is kept no longer: the oldest events, with everything that belongs to them.

-- name: measure
SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r';

-- How many events there are, and how many bytes some of them have on average, with what belongs to them: the bodies
-- and answers as they came, and so much for each row and its entries in indexes. Files do not tell: what is deleted
-- leaves them as large as they are.
-- name: footprint
WITH part AS (
    SELECT e.seq, octet_length(b.body) + 400 AS size FROM events AS e JOIN bodies AS b ON b.seq = e.seq
    WHERE e.seq IN (
        SELECT first + (last - first) * step / 200
        FROM (SELECT min(seq) AS first, max(seq) AS last FROM events) AS ends, generate_series(0, 200) AS step
    )
)
SELECT
    (SELECT count(*) FROM events),
    coalesce(
        avg(
            part.size
            + (
                SELECT coalesce(sum(600 + (
                    SELECT coalesce(sum(200 + coalesce(octet_length(a.body), 0)), 0)
                    FROM attempts AS a WHERE a.delivery = d.number
                )), 0)
                FROM deliveries AS d WHERE d.seq = part.seq
            )
        ), 1
    )::double precision
FROM part;

-- The oldest events after :after, those of them that may go, and the last that was looked at.
-- name: find_prunable
WITH looked_at AS MATERIALIZED (
    SELECT seq, received_at FROM events WHERE seq > :after::bigint ORDER BY seq LIMIT :step::bigint
)
SELECT
    coalesce(array_agg(e.seq) FILTER (WHERE e.received_at < :before::double precision AND {is_over}), '{}'),
    max(e.seq) FILTER (WHERE e.received_at < :before::double precision)
FROM looked_at AS e;

-- Nothing of it is to be delivered any more, and no delivery that carries it, of a burst, is.
-- name: is_over
NOT EXISTS (
    SELECT 1 FROM deliveries AS d WHERE d.seq = e.seq AND d.state IN ('pending', 'running')
)
AND NOT EXISTS (
    WITH RECURSIVE heir (id, state, superseded_by) AS (
        SELECT s.id, s.state, s.superseded_by
        FROM deliveries AS d JOIN deliveries AS s ON s.id = d.superseded_by
        WHERE d.seq = e.seq AND d.superseded_by IS NOT NULL
        UNION
        SELECT s.id, s.state, s.superseded_by FROM heir JOIN deliveries AS s ON s.id = heir.superseded_by
    )
    SELECT 1 FROM heir WHERE heir.state IN ('pending', 'running')
)

-- Nobody adds to these events until the commit; what others hold just now is left for the next time.
-- name: lock_events
SELECT seq FROM events WHERE seq = ANY(:seqs::bigint[]) ORDER BY seq FOR UPDATE SKIP LOCKED;

-- name: still_over
SELECT e.seq FROM events AS e WHERE e.seq = ANY(:seqs::bigint[]) AND {is_over};

-- name: delete_events
WITH delivery AS (DELETE FROM deliveries WHERE seq = ANY(:seqs::bigint[]) RETURNING number),
attempt AS (DELETE FROM attempts WHERE delivery IN (SELECT number FROM delivery)),
body AS (DELETE FROM bodies WHERE seq = ANY(:seqs::bigint[]))
DELETE FROM events WHERE seq = ANY(:seqs::bigint[]);
