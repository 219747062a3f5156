-- Lists, newest first by order of acceptance: from :last::bigint back to :first::bigint, both included. Of the events at the two ends,
-- only deliveries :below::bigint a number and :above::bigint another belong to a list of deliveries.

-- With bodies up to :room bytes, and one more.
-- name: events
SELECT {event_columns}
FROM (
    SELECT found.seq, sum(found.size) OVER (ORDER BY found.seq DESC) - found.size AS before
    FROM (
        SELECT e.seq, octet_length(b.body) AS size FROM events AS e JOIN bodies AS b ON b.seq = e.seq
        WHERE
            e.seq >= :first::bigint AND e.seq <= :last::bigint
            AND {about_event}
            AND (:status::text IS NULL OR e.status = :status::text)
            {narrowed}
        ORDER BY e.seq DESC
        LIMIT :limit::bigint
    ) AS found
) AS measured
JOIN events AS e ON e.seq = measured.seq
JOIN bodies AS b ON b.seq = measured.seq
WHERE measured.before < :room::bigint
ORDER BY e.seq DESC;

-- name: deliveries
SELECT {delivery_columns}
FROM deliveries AS d
JOIN targets AS t ON t.number = d.target
JOIN events AS e ON e.seq = d.seq
WHERE
    d.seq >= :first::bigint AND d.seq <= :last::bigint
    AND (d.seq < :last::bigint OR d.number < :below::bigint)
    AND (d.seq > :first::bigint OR d.number > :above::bigint)
    AND {about_delivery}
    {narrowed}
ORDER BY d.seq DESC, d.number DESC
LIMIT :limit::bigint;

-- name: deliveries_of_events
SELECT {delivery_columns}
FROM events AS e
JOIN deliveries AS d ON d.seq = e.seq
JOIN targets AS t ON t.number = d.target
WHERE
    e.seq >= :first::bigint AND e.seq <= :last::bigint
    AND (e.seq < :last::bigint OR d.number < :below::bigint)
    AND {about_delivery}
    {narrowed}
ORDER BY e.seq DESC, d.number DESC
LIMIT :limit::bigint;

-- The first that a search does not look at any more.
-- name: end_of_events
SELECT e.seq, e.received_at FROM events AS e
WHERE e.seq >= :first::bigint AND e.seq <= :last::bigint {narrowed}
ORDER BY e.seq DESC
LIMIT 1 OFFSET :window::bigint;

-- name: end_of_deliveries
SELECT d.seq, d.number FROM deliveries AS d
WHERE d.seq >= :first::bigint AND d.seq <= :last::bigint AND (d.seq < :last::bigint OR d.number < :below::bigint) {narrowed}
ORDER BY d.seq DESC, d.number DESC
LIMIT 1 OFFSET :window::bigint;

-- name: narrowed_to_name
AND e.name = :name::text

-- name: narrowed_to_source
AND e.source = :source::text

-- name: narrowed_to_number
AND d.target = :number::integer

-- name: narrowed_to_number_and_state
AND d.target = :number::integer AND d.state = :state::text AND d.state IN ('pending', 'dead', 'superseded', 'cancelled')

-- name: numbers_of
SELECT number FROM targets WHERE (:plugin::text IS NULL OR plugin = :plugin::text) AND (:target::text IS NULL OR target = :target::text);

-- name: place_of
SELECT seq, number FROM deliveries WHERE id = :id::text;

-- name: received_at
SELECT received_at FROM events WHERE seq = :seq::bigint;

-- name: extent
SELECT (SELECT min(seq) FROM events), (SELECT max(seq) FROM events);

-- name: from_seq_on
SELECT seq, received_at FROM events WHERE seq >= :seq::bigint ORDER BY seq LIMIT 1;
