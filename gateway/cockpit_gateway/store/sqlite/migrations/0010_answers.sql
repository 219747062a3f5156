-- Requests to the API that may be repeated, and their answers.

CREATE TABLE answers (
    client TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    begun_at REAL NOT NULL,
    status INTEGER,
    sealed BLOB,
    PRIMARY KEY (client, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX old_answers ON answers (begun_at);
