-- What plugins keep, by plugin and key.

-- name: get_value
SELECT value FROM plugin_storage WHERE plugin = :plugin::text AND key = :key::text;

-- name: set_value
INSERT INTO plugin_storage (plugin, key, value) VALUES (:plugin::text, :key::text, :value::bytea)
ON CONFLICT (plugin, key) DO UPDATE SET value = excluded.value;

-- name: delete_value
DELETE FROM plugin_storage WHERE plugin = :plugin::text AND key = :key::text;

-- name: list_keys
SELECT key FROM plugin_storage
WHERE plugin = :plugin::text AND key >= :prefix::text AND starts_with(key, :prefix::text) AND key > :after::text
ORDER BY key
LIMIT :limit::bigint;
