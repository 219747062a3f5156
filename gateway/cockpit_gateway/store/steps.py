"""How far one step through many rows goes, whichever engine takes it: what comes in waits for a step."""

DELIVERIES = 500
"""Deliveries changed in one transaction."""

EVENTS_DELETED = 100
"""Events deleted in one transaction, because somebody wants them gone."""

WINDOW = 10_000
"""Rows that a step looks at, whatever it finds."""

EVENTS_READ = 200
"""Events on a page."""

ROOM = 4 * 1024 * 1024
"""Bytes of bodies after which a page of events ends."""

EVENTS_LOOKED_AT = 50_000
"""Events that a bounded list looks at: some 10 ms."""

DELIVERIES_LOOKED_AT = 2_500
"""Deliveries that a bounded list looks at, each with its event: some 10 ms."""

HEADS_LOOKED_AT = 1000
"""Pending deliveries among which heads of lanes are looked for first. A backlog of many lanes has enough of them there;
one of few long lanes has not, and is cheaper to search lane by lane."""

LIST_ROOM = 16 * 1024 * 1024
"""Bytes of bodies after which a page of a list of events ends."""
