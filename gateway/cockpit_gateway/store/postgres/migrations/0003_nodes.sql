-- oldest: 3
-- Every target has one home at a time: a program that knows nothing of homes would deliver beside it.

-- What a node tells of itself; an owner without is no node, such as a command.
ALTER TABLE owners ADD COLUMN facts jsonb, ADD COLUMN heard_at timestamptz NOT NULL DEFAULT clock_timestamp();

-- "plugin:target". A home is free as soon as its owner is gone.
CREATE TABLE homes (
    target text COLLATE "C" PRIMARY KEY,
    owner text COLLATE "C" NOT NULL REFERENCES owners ON DELETE CASCADE
);

CREATE INDEX homes_by_owner ON homes (owner);

-- Nodes that were not heard of any more, shown for a day.
CREATE TABLE gone_nodes (
    name text COLLATE "C" PRIMARY KEY,
    facts jsonb NOT NULL,
    heard_at timestamptz NOT NULL
);
