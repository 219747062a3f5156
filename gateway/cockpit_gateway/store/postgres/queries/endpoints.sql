-- Endpoints that were made while the gateway ran.

-- name: endpoints
SELECT name, sealed, version, created_at, changed_at FROM endpoints ORDER BY name;

-- name: endpoint_version
SELECT version FROM endpoints WHERE name = :name::text;

-- name: make_endpoint
INSERT INTO endpoints (name, sealed, version, created_at, changed_at)
VALUES (:name::text, :sealed::bytea, :version::text, :now::double precision, :now::double precision)
ON CONFLICT (name) DO NOTHING;

-- name: change_endpoint
UPDATE endpoints SET sealed = :sealed::bytea, version = :version::text, changed_at = :now::double precision
WHERE name = :name::text AND version = :expected::text;

-- name: remove_endpoint
DELETE FROM endpoints WHERE name = :name::text AND version = :expected::text;
