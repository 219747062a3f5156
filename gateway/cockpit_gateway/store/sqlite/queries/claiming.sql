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
