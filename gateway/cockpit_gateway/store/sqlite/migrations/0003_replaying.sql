-- What has ended without being delivered, by order of acceptance.
CREATE INDEX deliveries_given_up ON deliveries (state, seq) WHERE state IN ('dead', 'superseded', 'cancelled');
