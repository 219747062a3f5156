"""A plugin that imports what is not installed."""

import no_such_module  # noqa: F401
