-- Requests to the API that may be repeated, and their answers.

-- name: begin_answer
INSERT INTO answers (client, key, fingerprint, begun_at)
VALUES (:client::text, :key::text, :fingerprint::bytea, :now::double precision)
ON CONFLICT (client, key) DO UPDATE
SET fingerprint = excluded.fingerprint, begun_at = excluded.begun_at, status = NULL, sealed = NULL
WHERE answers.begun_at < :expired::double precision;

-- name: get_answer
SELECT fingerprint, status, sealed FROM answers WHERE client = :client::text AND key = :key::text;

-- name: keep_answer
UPDATE answers SET status = :status::integer, sealed = :sealed::bytea
WHERE client = :client::text AND key = :key::text;

-- name: drop_answer
DELETE FROM answers WHERE client = :client::text AND key = :key::text;

-- name: prune_answers
DELETE FROM answers WHERE begun_at < :expired::double precision;
