-- Replaying: previews, and steps through many deliveries or events. A step looks at a bounded number of rows, found or
-- not, in order of acceptance, and only until there are enough.

-- name: narrowed_to_ids
AND d.id = ANY(:ids::text[])

-- name: narrowed_to_end
AND d.state = :state::text AND d.state IN ('dead', 'superseded', 'cancelled')

-- name: narrowed_to_event_ids
AND e.id = ANY(:ids::text[])

-- name: unknown_deliveries
SELECT id FROM unnest(:ids::text[]) AS given (id) WHERE NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.id = given.id);

-- name: unknown_events
SELECT id FROM unnest(:ids::text[]) AS given (id) WHERE NOT EXISTS (SELECT 1 FROM events AS e WHERE e.id = given.id);

-- name: last_delivery
SELECT coalesce(max(number), 0) FROM deliveries;

-- name: last_event
SELECT coalesce(max(seq), 0) FROM events;

-- Counts what is found. What was delivered to the same targets about the same subjects since the first of it is looked
-- for once, not for each of them.
-- name: tally
WITH
found AS MATERIALIZED (
    SELECT d.number, d.seq, d.target, d.state, e.received_at, e.subjects
    FROM deliveries AS d
    JOIN targets AS t ON t.number = d.target
    JOIN events AS e ON e.seq = d.seq
    WHERE {about_delivery} {narrowed}
),
about AS MATERIALIZED (
    SELECT DISTINCT found.target, s.subject
    FROM found CROSS JOIN jsonb_array_elements_text(found.subjects) AS s (subject)
),
newer AS MATERIALIZED (
    SELECT d.target, s.subject, max(d.seq) AS seq
    FROM (SELECT target, min(seq) AS seq FROM found GROUP BY target) AS first
    JOIN deliveries AS d ON d.target = first.target AND d.seq > first.seq
    JOIN events AS e ON e.seq = d.seq
    CROSS JOIN jsonb_array_elements_text(e.subjects) AS s (subject)
    WHERE d.state = 'delivered' AND (d.target, s.subject) IN (SELECT target, subject FROM about)
    GROUP BY d.target, s.subject
),
overtaken AS MATERIALIZED (
    SELECT DISTINCT found.number
    FROM found
    CROSS JOIN jsonb_array_elements_text(found.subjects) AS s (subject)
    JOIN newer ON newer.target = found.target AND newer.subject = s.subject
    WHERE newer.seq > found.seq
)
SELECT
    t.plugin, t.target, found.state, count(*), min(found.received_at), max(found.received_at),
    count(*) FILTER (WHERE found.number IN (SELECT number FROM overtaken))
FROM found JOIN targets AS t ON t.number = found.target
GROUP BY t.number, found.state
ORDER BY t.plugin, t.target, found.state;

-- name: walk_deliveries
WITH
looked_at AS MATERIALIZED (
    SELECT d.number, d.seq FROM deliveries AS d
    WHERE (d.seq, d.number) > (:seq::bigint, :number::bigint) AND d.number <= :last::bigint {narrowed}
    ORDER BY d.seq, d.number
    LIMIT :window::bigint
),
found AS MATERIALIZED (
    SELECT d.number, d.seq
    FROM looked_at
    JOIN deliveries AS d ON d.number = looked_at.number
    JOIN targets AS t ON t.number = d.target
    JOIN events AS e ON e.seq = d.seq
    WHERE {about_delivery}
    ORDER BY d.seq, d.number
    LIMIT :limit::bigint
)
SELECT
    (SELECT coalesce(array_agg(number ORDER BY seq, number), '{}') FROM found), (SELECT max(seq) FROM found),
    count(*), max(seq), (SELECT number FROM looked_at ORDER BY seq DESC, number DESC LIMIT 1)
FROM looked_at;

-- name: targets_of
SELECT DISTINCT t.plugin, t.target
FROM deliveries AS d JOIN targets AS t ON t.number = d.target
WHERE d.number = ANY(:numbers::bigint[]);

-- name: replay
UPDATE deliveries SET
    state = 'pending', due_at = :now::double precision, ended_at = NULL, superseded_by = NULL,
    window_at = :now::double precision, fresh_from = attempts, fresh_at = :now::double precision,
    reason = 'replayed by a person'
WHERE
    number = ANY(:numbers::bigint[]) AND state <> 'running'
    AND (:states::text[] IS NULL OR state = ANY(:states::text[]));

-- name: replace
WITH new AS MATERIALIZED (
    SELECT * FROM unnest(:numbers::bigint[], :new_ids::text[]) AS n (number, id)
),
replaced AS (
    UPDATE deliveries AS d SET
        state = 'superseded', superseded_by = new.id, ended_at = :now::double precision,
        reason = 'replayed by a person under a new id'
    FROM new
    WHERE
        d.number = new.number AND d.state <> 'running'
        AND (:states::text[] IS NULL OR d.state = ANY(:states::text[]))
    RETURNING d.number, d.superseded_by, d.id, d.seq, d.target, d.key, d.size, d.batch
)
INSERT INTO deliveries (id, seq, target, key, state, due_at, created_at, fresh_at, window_at, size, batch, reason)
SELECT
    r.superseded_by, r.seq, r.target, r.key, 'pending', :now::double precision, :now::double precision,
    :now::double precision, :now::double precision, r.size, r.batch, 'in the place of ' || r.id
FROM replaced AS r ORDER BY r.number;

-- name: cancel
UPDATE deliveries SET state = 'cancelled', ended_at = :now::double precision, reason = 'cancelled by a person'
WHERE
    number = ANY(:numbers::bigint[]) AND state IN ('pending', 'dead')
    AND (:states::text[] IS NULL OR state = ANY(:states::text[]));

-- The bodies of the events found, up to :room bytes and one more.
-- name: walk_events
WITH
looked_at AS MATERIALIZED (
    SELECT e.seq FROM events AS e
    WHERE e.seq > :seq::bigint AND e.seq <= :last::bigint {narrowed}
    ORDER BY e.seq
    LIMIT :window::bigint
),
found AS MATERIALIZED (
    SELECT e.seq, octet_length(b.body) AS size
    FROM looked_at JOIN events AS e ON e.seq = looked_at.seq JOIN bodies AS b ON b.seq = e.seq
    WHERE {about_event} AND (:status::text IS NULL OR e.status = :status::text)
    ORDER BY e.seq
    LIMIT :limit::bigint
),
measured AS MATERIALIZED (SELECT seq, sum(size) OVER (ORDER BY seq) - size AS before FROM found)
SELECT
    (SELECT coalesce(array_agg(seq ORDER BY seq), '{}') FROM measured WHERE before < :room::bigint),
    (SELECT count(*) FROM found), count(*), max(seq)
FROM looked_at;

-- name: events_of
SELECT {event_columns} FROM events AS e JOIN bodies AS b ON b.seq = e.seq
WHERE e.seq = ANY(:seqs::bigint[])
ORDER BY e.seq;

-- name: delivered_to
SELECT DISTINCT d.seq, t.plugin, t.target
FROM deliveries AS d JOIN targets AS t ON t.number = d.target
WHERE d.seq = ANY(:seqs::bigint[]) AND d.state = 'delivered';

-- name: insert_replayed
INSERT INTO deliveries (id, seq, target, key, state, due_at, created_at, fresh_at, window_at, size, reason)
SELECT
    new.id, e.seq, new.target, new.key, 'pending', new.now, new.now, new.now, new.now, :size::bigint,
    'event replayed by a person'
FROM unnest(:new_ids::text[], :targets::integer[], :keys::text[], :times::double precision[])
    AS new (id, target, key, now)
CROSS JOIN (SELECT seq FROM events WHERE seq = :seq::bigint FOR KEY SHARE) AS e;
