"""A plugin whose author forgot the decorator."""


def collections_save_after(entry: object) -> None:
    """Look like a hook."""
