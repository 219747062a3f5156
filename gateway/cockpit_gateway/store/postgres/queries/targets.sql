-- The state of targets.

-- name: set_targets
INSERT INTO targets AS t (plugin, target, fingerprint)
SELECT plugin, target, fingerprint
FROM unnest(:plugins::text[], :targets::text[], :fingerprints::text[]) AS given (plugin, target, fingerprint)
ORDER BY plugin, target
ON CONFLICT (plugin, target) DO UPDATE SET
    fingerprint = excluded.fingerprint, held = NULL, reason = NULL, changed_at = NULL, failing_for = 0
WHERE t.fingerprint <> excluded.fingerprint;

-- name: hold_target
UPDATE targets SET held = :held::text, reason = :reason::text, changed_at = :changed_at::double precision, failing_for = 0
WHERE plugin = :plugin::text AND target = :target::text;

-- name: note_failing
UPDATE targets SET failing_for = :seconds::double precision WHERE plugin = :plugin::text AND target = :target::text;

-- name: target_states
SELECT plugin, target, held, reason, changed_at, failing_for FROM targets ORDER BY number;
