-- Lists, newest first by order of acceptance: from :last back to :first, both included. Of the events at the two ends,
-- only deliveries :below a number and :above another belong to a list of deliveries.

-- name: events
SELECT {event_columns} FROM events AS e CROSS JOIN bodies AS b ON b.seq = e.seq
WHERE
    e.seq >= :first AND e.seq <= :last
    AND {about_event}
    AND (:status IS NULL OR e.status = :status)
    {narrowed}
ORDER BY e.seq DESC
LIMIT :limit;

-- name: deliveries
SELECT {delivery_columns}
FROM deliveries AS d
CROSS JOIN targets AS t ON t.number = d.target
CROSS JOIN events AS e ON e.seq = d.seq
WHERE
    d.seq >= :first AND d.seq <= :last
    AND (d.seq < :last OR d.number < :below)
    AND (d.seq > :first OR d.number > :above)
    AND {about_delivery}
    {narrowed}
ORDER BY d.seq DESC, d.number DESC
LIMIT :limit;

-- name: deliveries_of_events
SELECT {delivery_columns}
FROM events AS e
CROSS JOIN deliveries AS d ON d.seq = e.seq
CROSS JOIN targets AS t ON t.number = d.target
WHERE
    e.seq >= :first AND e.seq <= :last
    AND (e.seq < :last OR d.number < :below)
    AND {about_delivery}
    {narrowed}
ORDER BY e.seq DESC, d.number DESC
LIMIT :limit;

-- The first that a search does not look at any more.
-- name: end_of_events
SELECT e.seq, e.received_at FROM events AS e
WHERE e.seq >= :first AND e.seq <= :last {narrowed}
ORDER BY e.seq DESC
LIMIT 1 OFFSET :window;

-- name: end_of_deliveries
SELECT d.seq, d.number FROM deliveries AS d
WHERE d.seq >= :first AND d.seq <= :last AND (d.seq < :last OR d.number < :below) {narrowed}
ORDER BY d.seq DESC, d.number DESC
LIMIT 1 OFFSET :window;

-- name: narrowed_to_name
AND e.name = :name

-- name: narrowed_to_source
AND e.source = :source

-- name: narrowed_to_number
AND d.target = :number

-- name: narrowed_to_number_and_state
AND d.target = :number AND d.state = :state AND d.state IN ('pending', 'dead', 'superseded', 'cancelled')

-- name: numbers_of
SELECT number FROM targets WHERE (:plugin IS NULL OR plugin = :plugin) AND (:target IS NULL OR target = :target);

-- name: place_of
SELECT seq, number FROM deliveries WHERE id = ?;

-- name: received_at
SELECT received_at FROM events WHERE seq = ?;

-- name: extent
SELECT (SELECT min(seq) FROM events), (SELECT max(seq) FROM events);

-- name: from_seq_on
SELECT seq, received_at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1;
