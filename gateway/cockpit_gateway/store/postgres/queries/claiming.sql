-- Claiming.

-- What another claim is taking just now is passed by.
-- name: find_due
SELECT number, id, seq, size, due_at FROM deliveries
WHERE target = :target::integer AND state = 'pending' AND due_at <= :now::double precision
ORDER BY due_at, seq, number
LIMIT :limit::bigint
FOR UPDATE SKIP LOCKED;

-- name: next_due
SELECT due_at FROM deliveries
WHERE target = :target::integer AND state = 'pending' AND number <> ALL(:numbers::bigint[])
ORDER BY due_at
LIMIT 1;

-- One node at a time claims for a target that keeps an order, until its commit.
-- name: lock_target
SELECT pg_advisory_xact_lock(7235420, :target::integer);

-- Heads of lanes, due or not, one more than asked for: of those among the first :window pending deliveries.
-- name: find_heads
WITH candidate AS MATERIALIZED (
    SELECT number, id, key, seq, due_at, size FROM deliveries
    WHERE target = :target::integer AND state = 'pending'
    ORDER BY due_at, seq, number
    LIMIT :window::bigint
)
{free};

-- The same, looked for lane by lane.
-- name: find_heads_by_lane
WITH RECURSIVE
lane (key) AS (
    SELECT min(key) FROM deliveries
    WHERE target = :target::integer AND key IS NOT NULL AND state IN ('pending', 'running')
    UNION ALL
    SELECT (
        SELECT min(d.key) FROM deliveries AS d
        WHERE d.target = :target::integer AND d.key > lane.key AND d.state IN ('pending', 'running')
    )
    FROM lane WHERE lane.key IS NOT NULL
),
candidate AS MATERIALIZED (
    SELECT d.number, d.id, lane.key, d.seq, d.due_at, d.size
    FROM lane CROSS JOIN LATERAL (
        SELECT head.number, head.id, head.seq, head.due_at, head.size FROM deliveries AS head
        WHERE head.target = :target::integer AND head.key = lane.key AND head.state = 'pending'
        ORDER BY head.seq, head.number
        LIMIT 1
    ) AS d
    ORDER BY d.due_at, d.seq, d.number
)
{free};

-- Of `candidate`, those that nothing unfinished holds back in their own lane, above it (the keys that are a path prefix
-- of theirs) or below it (the keys of which theirs is a prefix; "0" is the character after "/", and the key "" is a
-- prefix of all). Candidates are looked at in their order, and only until there are enough. Each look is for the first
-- row of a lane in the order of the index `lanes`, what is running before what is pending, so that it is one step down
-- that index: EXISTS would be answered by reading all that is pending.
-- name: free
SELECT c.number, c.id, c.seq, c.size, c.due_at FROM candidate AS c
WHERE
    c.key IS NULL
    OR NOT EXISTS (
        SELECT 1 FROM ({ancestors}) AS path
        WHERE (
            SELECT d.state = 'running' OR (d.seq, d.number) < (c.seq, c.number) FROM deliveries AS d
            WHERE d.target = :target::integer AND d.key = path.key AND d.state IN ('pending', 'running')
            ORDER BY d.state DESC, d.seq, d.number
            LIMIT 1
        )
    )
    AND (
        SELECT true FROM deliveries AS d
        WHERE
            d.target = :target::integer AND d.state IN ('pending', 'running') AND c.key <> ''
            AND d.key >= c.key || '/' AND d.key < c.key || '0'
            AND (d.state = 'running' OR (d.seq, d.number) < (c.seq, c.number))
        ORDER BY d.key
        LIMIT 1
    ) IS NULL
    AND (
        SELECT true FROM deliveries AS d
        WHERE
            d.target = :target::integer AND d.state IN ('pending', 'running') AND c.key = '' AND d.key > ''
            AND (d.state = 'running' OR (d.seq, d.number) < (c.seq, c.number))
        ORDER BY d.key
        LIMIT 1
    ) IS NULL
LIMIT :limit::bigint + 1

-- The key of `c`, and all that are a path prefix of it.
-- name: ancestors
SELECT '' COLLATE "C" AS key
UNION ALL
SELECT array_to_string((string_to_array(c.key, '/'))[1:n], '/')
FROM generate_series(1, cardinality(string_to_array(c.key, '/'))) AS n

-- name: more_pending_than
SELECT EXISTS (
    SELECT 1 FROM deliveries WHERE target = :target::integer AND state = 'pending'
    ORDER BY due_at, seq, number LIMIT 1 OFFSET :window::bigint
);

-- Whose leases have run out leases nothing, and nobody leases what another one is home of.
-- name: lease
UPDATE deliveries SET state = 'running', owner = :owner::text
WHERE
    number = ANY(:numbers::bigint[]) AND state = 'pending' AND due_at <= :now::double precision
    AND EXISTS (SELECT 1 FROM owners WHERE owner = :owner::text)
    AND NOT EXISTS (SELECT 1 FROM homes WHERE target = :name::text AND owner <> :owner::text)
RETURNING number;

-- name: leased_work
SELECT {delivery_columns}, {event_columns}
FROM unnest(:numbers::bigint[]) WITH ORDINALITY AS leased (number, place)
JOIN deliveries AS d ON d.number = leased.number
JOIN targets AS t ON t.number = d.target
JOIN events AS e ON e.seq = d.seq
JOIN bodies AS b ON b.seq = d.seq
ORDER BY leased.place;
