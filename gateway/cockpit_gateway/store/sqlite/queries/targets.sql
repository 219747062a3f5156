-- Targets: their numbers, and their state.

-- name: number_target
INSERT OR IGNORE INTO targets (plugin, target) VALUES (?, ?);

-- name: target_number
SELECT number FROM targets WHERE plugin = ? AND target = ?;

-- name: set_target
INSERT INTO targets (plugin, target, fingerprint) VALUES (?, ?, ?)
ON CONFLICT (plugin, target) DO UPDATE SET
    fingerprint = excluded.fingerprint, held = NULL, reason = NULL, changed_at = NULL, failing_for = 0
WHERE fingerprint <> excluded.fingerprint;

-- name: hold_target
UPDATE targets SET held = ?, reason = ?, changed_at = ?, failing_for = 0 WHERE plugin = ? AND target = ?;

-- name: note_failing
UPDATE targets SET failing_for = ? WHERE plugin = ? AND target = ?;

-- name: target_states
SELECT plugin, target, held, reason, changed_at, failing_for FROM targets;
