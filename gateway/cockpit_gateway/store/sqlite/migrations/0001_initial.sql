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

-- Apart, so that a list of events does not read through their bodies.
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
    id TEXT PRIMARY KEY NOT NULL,
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
    begun_at REAL
) STRICT;

CREATE INDEX deliveries_by_event ON deliveries (seq);
CREATE INDEX deliveries_due ON deliveries (target, due_at, seq) WHERE state = 'pending';
CREATE INDEX deliveries_leased ON deliveries (owner) WHERE state = 'running';
CREATE INDEX deliveries_in_lanes ON deliveries (target, key, seq)
WHERE state IN ('pending', 'running') AND key IS NOT NULL;

CREATE TABLE attempts (
    delivery TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
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
