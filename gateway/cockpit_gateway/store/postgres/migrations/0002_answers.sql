-- oldest: 1
-- Requests to the API that may be repeated, and their answers.

CREATE TABLE answers (
    client text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    begun_at double precision NOT NULL,
    status integer,
    sealed bytea,
    PRIMARY KEY (client, key)
);

CREATE INDEX old_answers ON answers (begun_at);
