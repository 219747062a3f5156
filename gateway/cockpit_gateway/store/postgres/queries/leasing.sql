-- Leases: who gives a delivery back leaves its due time alone, since it was due when it was leased.

-- name: release
UPDATE deliveries SET state = 'pending', owner = NULL, begun_at = NULL
WHERE id = ANY(:ids::text[]) AND state = 'running' AND owner = :owner::text;

-- What may have been leased by a commit whose answer was lost.
-- name: release_doubtful
UPDATE deliveries SET state = 'pending', owner = NULL, begun_at = NULL
WHERE id = ANY(:ids::text[]) AND state = 'running' AND owner = :owner::text
RETURNING id, target;

-- name: release_all
UPDATE deliveries SET state = 'pending', owner = NULL, begun_at = NULL
WHERE state = 'running' AND owner = :owner::text;

-- name: delete_owner
DELETE FROM owners WHERE owner = :owner::text;

-- One at a time frees what the dead had leased.
-- name: lock_leases
SELECT pg_advisory_xact_lock(7235419, 2);

-- name: delete_dead_owners
DELETE FROM owners WHERE lease_until < clock_timestamp();

-- Whom the death of a process is blamed on: the suspect that was tried alone; otherwise all that were tried become
-- suspects.
-- name: blame
UPDATE deliveries AS d SET crashes = CASE WHEN alone THEN crashes + 1 ELSE greatest(crashes, 1) END
WHERE {is_orphan} AND d.begun_at IS NOT NULL;

-- name: park
UPDATE deliveries AS d SET
    state = 'dead', ended_at = :now::double precision, crashes = 0, owner = NULL, begun_at = NULL, alone = false,
    reason = 'crashes: the gateway died in its attempts, at least ' || crashes || ' times in a row'
WHERE {is_orphan} AND d.crashes >= :most::integer
RETURNING d.id;

-- name: release_orphans
UPDATE deliveries AS d SET state = 'pending', owner = NULL, begun_at = NULL, alone = false
WHERE {is_orphan}
RETURNING d.target;

-- name: is_orphan
d.state = 'running' AND NOT EXISTS (SELECT 1 FROM owners AS o WHERE o.owner = d.owner)

-- name: number_of
SELECT number FROM deliveries WHERE id = :id::text;

-- name: lease_suspects
UPDATE deliveries SET state = 'running', owner = :owner::text
WHERE crashes > 0 AND state = 'pending'
RETURNING id, crashes, seq;

-- Answers with whether the owner was known: if not, its lease had run out, and what it had leased was freed; and
-- whether its lease had not run out.
-- name: extend_lease
WITH known AS MATERIALIZED (
    SELECT lease_until > clock_timestamp() AS lives FROM owners WHERE owner = :owner::text
),
extended AS (
    INSERT INTO owners AS o (owner, lease_until)
    VALUES (:owner::text, clock_timestamp() + make_interval(secs => :seconds::double precision))
    ON CONFLICT (owner) DO UPDATE SET lease_until = excluded.lease_until
)
SELECT EXISTS (SELECT 1 FROM known), EXISTS (SELECT 1 FROM known WHERE lives);
