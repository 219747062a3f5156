-- What waits beyond its bounds, the oldest first; the newest are kept.

-- name: find_excess
SELECT coalesce(array_agg(number ORDER BY seq, number), '{}'), count(*) FILTER (WHERE fresh_at < :before::double precision)
FROM (
    SELECT number, seq, fresh_at FROM (
        SELECT
            number, seq, fresh_at, row_number() OVER newest_first AS place, sum(size) OVER newest_first AS bytes
        FROM deliveries WHERE target = :target::integer AND state = 'pending'
        WINDOW newest_first AS (ORDER BY seq DESC, number DESC)
    ) AS measured
    WHERE fresh_at < :before::double precision OR place > :rows::bigint OR bytes > :size::bigint
    ORDER BY seq, number
    LIMIT :step::bigint
) AS excess;

-- name: bury
UPDATE deliveries SET
    state = 'dead', ended_at = :now::double precision,
    reason = CASE WHEN fresh_at < :before::double precision THEN :expired::text ELSE :overflow::text END
WHERE number = ANY(:numbers::bigint[]) AND state = 'pending';

-- Only of those targets that no other node is home of: due times are by the clock of a target's home.
-- name: shift_due
UPDATE deliveries SET
    due_at = due_at + :seconds::double precision, window_at = window_at + :seconds::double precision,
    fresh_at = fresh_at + :seconds::double precision
WHERE
    state = 'pending' AND fresh_at <= :before::double precision
    AND target NOT IN (
        SELECT t.number FROM homes AS h JOIN targets AS t ON t.plugin || ':' || t.target = h.target
        WHERE h.owner <> :owner::text
    );

-- name: clamp_due
UPDATE deliveries SET due_at = :latest::double precision
WHERE target = :target::integer AND state = 'pending' AND due_at > :latest::double precision;
