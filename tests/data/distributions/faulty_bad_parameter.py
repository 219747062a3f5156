"""A plugin that takes an argument which does not exist."""

from cockpit_gateway import hookimpl


@hookimpl
def collections_save_after(nane: object) -> None:
    """Mistake `name`."""
