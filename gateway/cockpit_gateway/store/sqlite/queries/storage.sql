-- What plugins keep, by plugin and key.

-- name: get_value
SELECT value FROM plugin_storage WHERE plugin = ? AND key = ?;

-- name: set_value
INSERT OR REPLACE INTO plugin_storage (plugin, key, value) VALUES (?, ?, ?);

-- name: delete_value
DELETE FROM plugin_storage WHERE plugin = ? AND key = ?;

-- name: list_keys
SELECT key FROM plugin_storage
WHERE plugin = :plugin AND key >= :prefix AND substr(key, 1, length(:prefix)) = :prefix AND key > :after
ORDER BY key
LIMIT :limit;
