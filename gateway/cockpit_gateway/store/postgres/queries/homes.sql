-- Nodes, and which of them is home of which target.

-- name: describe_node
WITH told AS (
    UPDATE owners SET facts = :facts::jsonb WHERE owner = :owner::text
)
DELETE FROM gone_nodes
WHERE name = :facts::jsonb ->> 'name' OR heard_at < clock_timestamp() - interval '1 day';

-- name: nodes
SELECT
    owner, facts, extract(epoch FROM clock_timestamp() - heard_at)::double precision,
    extract(epoch FROM lease_until - clock_timestamp())::double precision
FROM owners WHERE facts IS NOT NULL
ORDER BY facts ->> 'name', owner;

-- name: gone_nodes
SELECT facts, extract(epoch FROM clock_timestamp() - heard_at)::double precision FROM gone_nodes ORDER BY name;

-- name: homes
SELECT target, owner FROM homes;

-- name: take_homes
INSERT INTO homes (target, owner)
SELECT target, owner FROM unnest(:targets::text[]) AS target, owners
WHERE owner = :owner::text
ORDER BY target
ON CONFLICT DO NOTHING
RETURNING target;

-- name: free_homes
DELETE FROM homes WHERE owner = :owner::text AND target = ANY(:targets::text[]);
