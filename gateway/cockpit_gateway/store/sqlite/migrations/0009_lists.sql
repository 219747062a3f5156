-- Lists are read by order of acceptance, and every one of them on an index that has this order.
CREATE INDEX events_by_name ON events (name, seq);
CREATE INDEX events_by_source ON events (source, seq);

DROP INDEX deliveries_by_target;
DROP INDEX deliveries_undelivered;
DROP INDEX deliveries_given_up;
DROP INDEX deliveries_by_target_and_state;
CREATE INDEX deliveries_by_target ON deliveries (target, seq);
CREATE INDEX deliveries_undelivered ON deliveries (state, seq) WHERE state <> 'delivered';
CREATE INDEX deliveries_by_target_and_state ON deliveries (target, state, seq)
WHERE state IN ('pending', 'dead', 'superseded', 'cancelled');

-- With all that the backlog tells, so that it is told without looking at the rows.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (target, due_at, seq, number, size, fresh_at) WHERE state = 'pending';
