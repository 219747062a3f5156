"""What an event costs: measurements against bare peers, in pairs, within one run."""
