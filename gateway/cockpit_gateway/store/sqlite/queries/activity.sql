-- What happened, counted. Whoever counts adds to what others have counted.

-- name: insert_source_counts
INSERT INTO source_activity (span, at, source, fate, count) VALUES {rows}
ON CONFLICT (span, at, source, fate) DO UPDATE SET count = count + excluded.count;

-- name: insert_target_counts
INSERT INTO target_activity (span, target, at, happening, bucket, count) VALUES {rows}
ON CONFLICT (span, target, at, happening, bucket) DO UPDATE SET count = count + excluded.count;

-- name: forget_source_counts
DELETE FROM source_activity WHERE span = :span AND at < :before;

-- name: forget_target_counts
DELETE FROM target_activity WHERE (span, target, at, happening, bucket) IN (
    SELECT a.span, a.target, a.at, a.happening, a.bucket
    FROM targets AS t CROSS JOIN target_activity AS a ON a.target = t.number
    WHERE a.span = :span AND a.at < :before
    LIMIT :most
);

-- name: source_counts
SELECT :since + (at - :since) / :step * :step AS began, source, fate, sum(count)
FROM source_activity
WHERE span = :span AND at >= :since AND at < :until
GROUP BY began, source, fate;

-- name: target_counts
SELECT t.plugin, t.target, :since + (a.at - :since) / :step * :step AS began, a.happening, a.bucket, sum(a.count)
FROM targets AS t CROSS JOIN target_activity AS a ON a.target = t.number
WHERE
    a.span = :span AND a.at >= :since AND a.at < :until
    AND (:plugin IS NULL OR (t.plugin = :plugin AND t.target = :target))
GROUP BY t.number, began, a.happening, a.bucket;

-- name: counts_of_all_targets
SELECT :since + (a.at - :since) / :step * :step AS began, a.happening, a.bucket, sum(a.count)
FROM targets AS t CROSS JOIN target_activity AS a ON a.target = t.number
WHERE a.span = :span AND a.at >= :since AND a.at < :until
GROUP BY began, a.happening, a.bucket;
