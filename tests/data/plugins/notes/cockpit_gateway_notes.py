"""A third party's plugins: one that notes what happened in a file, and one whose hook does not exist."""

from __future__ import annotations

import threading
from pathlib import Path

from cockpit_gateway import Event, PluginContext, hookimpl
from cockpit_gateway.config import PluginConfig


class Notes:
    """Writes a line per call: what was called, in which thread, and with what."""

    class Config(PluginConfig):
        """The `notes` section."""

        file: Path

    @hookimpl
    def collections_remove_after(self, name: str, result: int, context: PluginContext) -> None:
        self._note(context, f"def: {result} removed from {name}")

    @hookimpl
    async def any_event(self, event: Event, context: PluginContext) -> None:
        self._note(context, f"async def: {event.name}")

    @hookimpl
    def collections_save_after(self) -> None:
        raise RuntimeError("out of ink")

    @staticmethod
    def _note(context: PluginContext, text: str) -> None:
        is_main = threading.current_thread() is threading.main_thread()
        with context.config.file.open("a") as file:
            file.write(f"{'main thread' if is_main else 'own thread'}, {text}\n")


class Misspelt:
    """Broken: there is no such hook."""

    @hookimpl
    def collections_saev_after(self) -> None:
        """Never called."""
