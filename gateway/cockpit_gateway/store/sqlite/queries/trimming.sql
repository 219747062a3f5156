-- What waits beyond its bounds, the oldest first; the newest are kept.

-- name: find_excess
SELECT json_group_array(number), count(*) FILTER (WHERE fresh_at < :before)
FROM (
    SELECT number, fresh_at FROM (
        SELECT
            number, seq, fresh_at, row_number() OVER newest_first AS place, sum(size) OVER newest_first AS bytes
        FROM deliveries INDEXED BY deliveries_due
        WHERE target = (SELECT number FROM targets WHERE plugin = :plugin AND target = :target) AND state = 'pending'
        WINDOW newest_first AS (ORDER BY seq DESC, number DESC)
    )
    WHERE fresh_at < :before OR place > :rows OR bytes > :size
    ORDER BY seq, number
    LIMIT :step
);

-- name: bury
UPDATE deliveries SET
    state = 'dead', ended_at = :now,
    reason = CASE WHEN fresh_at < :before THEN :expired ELSE :overflow END
WHERE number IN (SELECT value FROM json_each(:numbers)) AND state = 'pending';

-- name: shift_due
UPDATE deliveries SET due_at = due_at + :seconds, window_at = window_at + :seconds, fresh_at = fresh_at + :seconds
WHERE state = 'pending' AND state <> 'delivered' AND fresh_at <= :before;

-- name: clamp_due
UPDATE deliveries SET due_at = :latest
WHERE target = (SELECT number FROM targets WHERE plugin = :plugin AND target = :target) AND state = 'pending' AND due_at > :latest;
