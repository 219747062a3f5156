"""A plugin that implements a hook which does not exist."""

from cockpit_gateway import hookimpl


@hookimpl
def colections_save_after(entry: object) -> None:
    """Mistake `collections_save_after`."""
