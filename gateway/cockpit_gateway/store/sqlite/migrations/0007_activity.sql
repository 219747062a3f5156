-- What happened, counted: `span` seconds from `at` on, 60 or 3600; see store/activity.py.
CREATE TABLE source_activity (
    span INTEGER NOT NULL,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    fate TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (span, at, source, fate)
) STRICT, WITHOUT ROWID;

CREATE TABLE target_activity (
    span INTEGER NOT NULL,
    target INTEGER NOT NULL REFERENCES targets (number),
    at INTEGER NOT NULL,
    happening TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (span, target, at, happening, bucket)
) STRICT, WITHOUT ROWID;
