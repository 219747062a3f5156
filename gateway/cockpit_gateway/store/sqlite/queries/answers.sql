-- Requests to the API that may be repeated, and their answers.

-- name: begin_answer
INSERT INTO answers (client, key, fingerprint, begun_at) VALUES (:client, :key, :fingerprint, :now)
ON CONFLICT (client, key) DO UPDATE
SET fingerprint = excluded.fingerprint, begun_at = excluded.begun_at, status = NULL, sealed = NULL
WHERE begun_at < :expired;

-- name: get_answer
SELECT fingerprint, status, sealed FROM answers WHERE client = ? AND key = ?;

-- name: keep_answer
UPDATE answers SET status = ?, sealed = ? WHERE client = ? AND key = ?;

-- name: drop_answer
DELETE FROM answers WHERE client = ? AND key = ?;

-- name: prune_answers
DELETE FROM answers WHERE begun_at < ?;
