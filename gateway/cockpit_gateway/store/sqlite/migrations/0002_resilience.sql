-- Since when a delivery waits: planned, or last put back.
ALTER TABLE deliveries ADD COLUMN fresh_at REAL NOT NULL DEFAULT 0;
-- Bytes and number of the events that it carries, its own and those merged into it.
ALTER TABLE deliveries ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN batch INTEGER NOT NULL DEFAULT 1;
-- How often a process died in its attempt, and whether no other suspect is tried now.
ALTER TABLE deliveries ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;

UPDATE deliveries SET fresh_at = created_at;
UPDATE deliveries SET size = (SELECT length(body) FROM bodies WHERE bodies.seq = deliveries.seq)
WHERE state <> 'delivered';

CREATE INDEX deliveries_suspect ON deliveries (crashes) WHERE crashes > 0;
CREATE INDEX deliveries_superseded ON deliveries (superseded_by) WHERE superseded_by IS NOT NULL;

ALTER TABLE targets ADD COLUMN held TEXT;
ALTER TABLE targets ADD COLUMN failing_for REAL NOT NULL DEFAULT 0;
UPDATE targets SET held = 'disabled' WHERE disabled;
ALTER TABLE targets DROP COLUMN disabled;

ALTER TABLE events ADD COLUMN via TEXT;

CREATE TABLE gateway (id TEXT NOT NULL) STRICT;
