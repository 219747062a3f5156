-- oldest: 3
-- The newest version of the schema that an owner's program knows; those before this column know the third.
ALTER TABLE owners ADD COLUMN knows integer NOT NULL DEFAULT 3;
