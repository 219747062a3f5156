"""Delivering: from planned deliveries to settled attempts. The second half of an event's way."""
