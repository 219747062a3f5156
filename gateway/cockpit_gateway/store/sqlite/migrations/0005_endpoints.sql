-- Endpoints that were made while the gateway ran: sealed, because their settings hold secrets.
CREATE TABLE endpoints (
    name TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    version TEXT NOT NULL,
    created_at REAL NOT NULL,
    changed_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
