-- Endpoints that were made while the gateway ran.

-- name: endpoints
SELECT name, sealed, version, created_at, changed_at FROM endpoints ORDER BY name;

-- name: endpoint_version
SELECT version FROM endpoints WHERE name = ?;

-- name: put_endpoint
INSERT INTO endpoints (name, sealed, version, created_at, changed_at) VALUES (:name, :sealed, :version, :now, :now)
ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, version = excluded.version, changed_at = excluded.changed_at;

-- name: remove_endpoint
DELETE FROM endpoints WHERE name = ?;
