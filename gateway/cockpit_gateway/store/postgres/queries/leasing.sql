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
WITH dead AS (
    DELETE FROM owners WHERE lease_until < clock_timestamp() RETURNING facts, heard_at
),
noted AS (
    INSERT INTO gone_nodes (name, facts, heard_at)
    SELECT DISTINCT ON (facts ->> 'name') facts ->> 'name', facts, heard_at FROM dead WHERE facts IS NOT NULL
    ORDER BY facts ->> 'name', heard_at DESC
    ON CONFLICT (name) DO UPDATE SET facts = excluded.facts, heard_at = excluded.heard_at
)
SELECT count(*) FROM dead;

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
WHERE
    crashes > 0 AND state = 'pending'
    AND target NOT IN (
        SELECT t.number FROM homes AS h JOIN targets AS t ON t.plugin || ':' || t.target = h.target
        WHERE h.owner <> :owner::text
    )
RETURNING id, crashes, seq;

-- Answers with whether the lease had not run out; with nothing, and changes nothing, once somebody has freed what the
-- owner had leased: it does not come back to life.
-- name: extend_lease
WITH before AS MATERIALIZED (
    SELECT owner, lease_until > clock_timestamp() AS lives FROM owners WHERE owner = :owner::text FOR UPDATE
)
UPDATE owners AS o SET
    lease_until = clock_timestamp() + make_interval(secs => :seconds::double precision), heard_at = clock_timestamp()
FROM before WHERE o.owner = before.owner
RETURNING before.lives, extract(epoch FROM clock_timestamp())::double precision;

-- name: some_ran_out
SELECT EXISTS (SELECT FROM owners WHERE lease_until < clock_timestamp());

-- Who comes, or comes back, while a newer program has made something of the schema that it cannot use stays outside.
-- name: enter
INSERT INTO owners (owner, lease_until, knows)
SELECT :owner::text, clock_timestamp() + make_interval(secs => :seconds::double precision), :knows::integer
WHERE NOT EXISTS (SELECT FROM schema_versions WHERE oldest > :knows::integer);
