-- What has ended without being delivered, or waits, by target: counted, and listed.
CREATE INDEX deliveries_by_target_and_state ON deliveries (target, state, id)
WHERE state IN ('pending', 'dead', 'superseded', 'cancelled');
