CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    label TEXT,
    hook TEXT,
    backend INTEGER,
    subjects TEXT NOT NULL,
    status TEXT NOT NULL,
    problem TEXT,
    received_at REAL NOT NULL
) STRICT;

CREATE INDEX events_unsound ON events (status, seq) WHERE status <> 'accepted';

-- Apart, so that searching through events does not read through their bodies.
CREATE TABLE bodies (
    seq INTEGER PRIMARY KEY REFERENCES events (seq) ON DELETE CASCADE,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE targets (
    number INTEGER PRIMARY KEY,
    plugin TEXT NOT NULL,
    target TEXT NOT NULL,
    fingerprint TEXT NOT NULL DEFAULT '',
    disabled INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    changed_at REAL,
    UNIQUE (plugin, target)
) STRICT;

CREATE TABLE deliveries (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE,
    target INTEGER NOT NULL REFERENCES targets (number),
    key TEXT,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Attempts made before it was last put back; the retry schedule counts from there.
    fresh_from INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL,
    created_at REAL NOT NULL,
    ended_at REAL,
    reason TEXT,
    superseded_by TEXT,
    -- When the burst that this delivery coalesces began.
    window_at REAL,
    owner TEXT,
    -- Set while an attempt is under way; left behind by a process that died in it.
    begun_at REAL,
    CHECK ((ended_at IS NULL) = (state IN ('pending', 'running')))
) STRICT;

CREATE INDEX deliveries_by_event ON deliveries (seq);
CREATE INDEX deliveries_by_target ON deliveries (target, id);
CREATE INDEX deliveries_due ON deliveries (target, due_at, seq) WHERE state = 'pending';
CREATE INDEX deliveries_undelivered ON deliveries (state, id) WHERE state <> 'delivered';
CREATE INDEX lanes ON deliveries (target, key, state, seq)
WHERE key IS NOT NULL AND state IN ('pending', 'running');

CREATE TABLE attempts (
    delivery INTEGER NOT NULL REFERENCES deliveries (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    started_at REAL NOT NULL,
    duration REAL NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    status INTEGER,
    headers TEXT,
    body BLOB,
    truncated INTEGER,
    PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE duplicates (
    key TEXT PRIMARY KEY NOT NULL,
    event TEXT NOT NULL,
    until REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX duplicates_by_end ON duplicates (until);

CREATE TABLE owners (
    owner TEXT PRIMARY KEY NOT NULL,
    lease_until REAL NOT NULL
) STRICT, WITHOUT ROWID;
