"""The SQL of this engine, by name.

`{rows}` stands for as many rows of placeholders as there are rows. "Unfinished" is written
`state IN ('pending', 'running')`, as the index `lanes` has it, so that the index is used.
"""

from __future__ import annotations

from cockpit_gateway.store.statements import Statements

statement = Statements("cockpit_gateway.store.sqlite")
"""Returns a statement; see `Statements`."""
