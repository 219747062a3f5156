-- Leases: who gives a delivery back leaves its due time alone, since it was due when it was leased.

-- name: lease
UPDATE deliveries SET state = 'running', owner = :owner WHERE number IN (SELECT value FROM json_each(:numbers));

-- name: release
UPDATE deliveries SET state = 'pending', owner = NULL, begun_at = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'running' AND owner = :owner;

-- name: release_all
UPDATE deliveries SET state = 'pending', owner = NULL, begun_at = NULL WHERE state = 'running' AND state <> 'delivered';

-- Whom the death of a process is blamed on: the suspect that was tried alone; otherwise all that were tried become
-- suspects.
-- name: blame
UPDATE deliveries SET crashes = CASE WHEN alone THEN crashes + 1 ELSE max(crashes, 1) END
WHERE state = 'running' AND state <> 'delivered' AND begun_at IS NOT NULL;

-- name: park
UPDATE deliveries SET
    state = 'dead', ended_at = :now, crashes = 0,
    reason = 'crashes: the gateway died in its attempts, at least ' || crashes || ' times in a row'
WHERE state = 'running' AND state <> 'delivered' AND crashes >= :most
RETURNING id;

-- name: release_all_of_the_dead
UPDATE deliveries SET state = 'pending', owner = NULL, begun_at = NULL, alone = 0
WHERE state = 'running' AND state <> 'delivered';

-- name: number_of
SELECT number FROM deliveries WHERE id = ?;

-- name: lease_suspects
UPDATE deliveries SET state = 'running', owner = ?
WHERE crashes > 0 AND state = 'pending'
RETURNING id, crashes, seq;

-- name: count_owners
SELECT count(*) FROM owners;

-- name: extend_lease
INSERT OR REPLACE INTO owners (owner, lease_until) VALUES (?, ?);

-- name: delete_owners
DELETE FROM owners;
