-- What happened, counted. Whoever counts adds to what others have counted.

-- name: insert_source_counts
INSERT INTO source_activity AS known (span, at, source, fate, count)
SELECT * FROM unnest(:spans::integer[], :ats::bigint[], :sources::text[], :fates::text[], :counts::bigint[])
AS added (span, at, source, fate, count)
ORDER BY span, at, source, fate
ON CONFLICT (span, at, source, fate) DO UPDATE SET count = known.count + excluded.count;

-- name: insert_target_counts
INSERT INTO target_activity AS known (span, target, at, happening, bucket, count)
SELECT * FROM unnest(
    :spans::integer[], :targets::integer[], :ats::bigint[], :happenings::text[], :buckets::integer[], :counts::bigint[]
) AS added (span, target, at, happening, bucket, count)
ORDER BY span, target, at, happening, bucket
ON CONFLICT (span, target, at, happening, bucket) DO UPDATE SET count = known.count + excluded.count;

-- name: forget_source_counts
DELETE FROM source_activity WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM source_activity WHERE span = :span::integer AND at < :before::bigint LIMIT :most::bigint
    FOR UPDATE SKIP LOCKED
));

-- name: forget_target_counts
DELETE FROM target_activity WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM target_activity WHERE span = :span::integer AND at < :before::bigint LIMIT :most::bigint
    FOR UPDATE SKIP LOCKED
));

-- name: source_counts
SELECT :since::bigint + (at - :since::bigint) / :step::bigint * :step::bigint AS began, source, fate, sum(count)::bigint
FROM source_activity
WHERE span = :span::integer AND at >= :since::bigint AND at < :until::bigint
GROUP BY began, source, fate;

-- name: target_counts
SELECT
    t.plugin, t.target, :since::bigint + (a.at - :since::bigint) / :step::bigint * :step::bigint AS began, a.happening,
    a.bucket, sum(a.count)::bigint
FROM targets AS t JOIN target_activity AS a ON a.target = t.number
WHERE
    a.span = :span::integer AND a.at >= :since::bigint AND a.at < :until::bigint
    AND (:plugin::text IS NULL OR (t.plugin = :plugin::text AND t.target = :target::text))
GROUP BY t.number, began, a.happening, a.bucket;

-- name: counts_of_all_targets
SELECT
    :since::bigint + (a.at - :since::bigint) / :step::bigint * :step::bigint AS began, a.happening, a.bucket,
    sum(a.count)::bigint
FROM target_activity AS a
WHERE a.span = :span::integer AND a.at >= :since::bigint AND a.at < :until::bigint
GROUP BY began, a.happening, a.bucket;
