-- The trace that an event belongs to, as a traceparent (W3C Trace Context).
ALTER TABLE events ADD COLUMN trace TEXT;
