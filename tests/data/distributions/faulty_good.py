"""A plugin that works."""

from cockpit_gateway import hookimpl


@hookimpl
def collections_save_after(name: object, entry: object) -> None:
    """Take two of the arguments."""
