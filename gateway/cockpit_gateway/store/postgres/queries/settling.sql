-- How attempts begin and end. Only the owner of a lease ends it: whose lease was freed meanwhile writes nothing.

-- name: settle
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(
        :ids::text[], :states::text[], :numbers::integer[], :dues::double precision[], :ends::double precision[],
        :reasons::text[], :starts::double precision[], :durations::double precision[], :outcomes::text[],
        :attempt_reasons::text[], :statuses::integer[], :headers::text[], :bodies::bytea[], :truncated::boolean[]
    ) AS g (
        id, state, number, due_at, ended_at, reason, started_at, duration, outcome, attempt_reason, status, headers,
        body, truncated
    )
),
settled AS (
    UPDATE deliveries AS d SET
        state = g.state, attempts = g.number, due_at = g.due_at, ended_at = g.ended_at, reason = g.reason,
        owner = NULL, begun_at = NULL
    FROM given AS g
    WHERE d.id = g.id AND d.state = 'running' AND d.owner = :owner::text
    RETURNING d.id, d.number
),
written AS (
    INSERT INTO attempts (delivery, number, started_at, duration, outcome, reason, status, headers, body, truncated)
    SELECT
        settled.number, g.number, g.started_at, g.duration, g.outcome, g.attempt_reason, g.status, g.headers, g.body,
        g.truncated
    FROM settled JOIN given AS g ON g.id = settled.id
)
SELECT id FROM settled;

-- An outcome that was written although the answer to its commit was lost.
-- name: is_settled
SELECT EXISTS (
    SELECT 1 FROM deliveries AS d JOIN attempts AS a ON a.delivery = d.number
    WHERE d.id = :id::text AND a.number = :number::integer AND a.started_at = :started_at::double precision
    AND a.duration = :duration::double precision
);

-- name: mark_begun
UPDATE deliveries AS d SET begun_at = new.at
FROM unnest(:ids::text[], :times::double precision[]) AS new (id, at)
WHERE d.id = new.id AND d.state = 'running' AND d.owner = :owner::text;

-- name: begin
UPDATE deliveries SET begun_at = :now::double precision, alone = :alone::boolean
WHERE id = :id::text AND state = 'running' AND owner = :owner::text;

-- name: clear
UPDATE deliveries SET crashes = 0, alone = false WHERE id = ANY(:ids::text[]);
