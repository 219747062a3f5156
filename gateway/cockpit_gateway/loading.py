"""Where plugins come from: installed distributions, a directory of files, modules that the configuration names."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from cockpit_gateway.contract import NAMESPACE
from cockpit_gateway.errors import PluginError

BUILT_IN = "cockpit-gateway"
"""The distribution of the plugins that come with the gateway."""

DISABLED = "COCKPIT_GATEWAY_DISABLED_PLUGINS"
"""Environment variable: names of plugins that are not imported, with commas between them; `*` for all but those that
come with the gateway."""

PATIENCE = 30.0
"""Seconds that a plugin's import may take."""

_FILES = "cockpit_gateway_plugin_files"
"""Beginning of the names under which the files of `plugins_dir` are imported."""


@dataclass(frozen=True, slots=True)
class PluginSources:
    """Where to look for plugins, and which not to touch.

    Attributes:
        directory: Each Python file in it is a plugin; None for no such directory.
        modules: Plugins by name: "module" or "module:object".
        disabled: Names of plugins that are not imported; `*` for all but those that come with the gateway.
    """

    directory: Path | None = None
    modules: Mapping[str, str] = field(default_factory=dict[str, str])
    disabled: frozenset[str] = frozenset()

    def without(self, names: Iterable[str]) -> PluginSources:
        """Return the same sources with further plugins disabled."""
        return replace(self, disabled=self.disabled | frozenset(names))

    def is_disabled(self, candidate: Candidate) -> bool:
        """Tell whether a plugin is not to be imported."""
        return candidate.name in self.disabled or ("*" in self.disabled and candidate.distribution != BUILT_IN)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that was found, and not imported yet.

    Attributes:
        name: Its name.
        load: Imports it, and returns the module, object or class.
        distribution: Name of the installed distribution it comes from, None if it comes from elsewhere.
        version: That distribution's version.
        place: The file or module that it comes from, None if it is installed.
    """

    name: str
    load: Callable[[], object]
    distribution: str | None = None
    version: str | None = None
    place: str | None = None


def disabled_by(environ: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return the plugins that the environment disables.

    Example:
        >>> sorted(disabled_by({"COCKPIT_GATEWAY_DISABLED_PLUGINS": "slack, smtp"}))
        ['slack', 'smtp']
    """
    return frozenset(name.strip() for name in environ.get(DISABLED, "").split(",") if name.strip())


def find_plugins(sources: PluginSources) -> Iterator[Candidate]:
    """Yield the plugins: installed ones by name, then files by name, then modules as they are listed.

    Args:
        sources: Where to look.

    Raises:
        PluginError: there is no such directory.
    """
    yield from map(_installed, sorted(entry_points(group=NAMESPACE), key=lambda found: found.name))
    if sources.directory is not None:
        if not sources.directory.is_dir():
            raise PluginError(f"plugins_dir: there is no directory {sources.directory.absolute()}")
        for path in sorted(sources.directory.glob("*.py")):
            if not path.name.startswith(("_", ".")):
                yield Candidate(path.stem, partial(_import_file, path), place=str(path))
    for name, reference in sources.modules.items():
        yield Candidate(name, partial(_import_reference, reference), place=reference)


def load_in_time(candidate: Candidate) -> object:
    """Import a plugin; one whose import does not end is left behind in its thread.

    Raises:
        PluginError: it did not end in time; says where it is.
    """
    future: Future[object] = Future()

    def load() -> None:
        try:
            future.set_result(candidate.load())
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
            future.set_exception(error)

    thread = threading.Thread(target=load, name=f"import-{candidate.name}", daemon=True)
    thread.start()
    try:
        return future.result(PATIENCE)
    except TimeoutError:
        if future.done():
            raise
        raise PluginError(f"its import does not end, for {PATIENCE:g} seconds by now{_where_is(thread)}") from None


def describe_failure(error: BaseException) -> str:
    """Return an error with the lines of its traceback that are the plugin's own, for the plugin's author."""
    first = f"{type(error).__name__}: {error}" if not isinstance(error, PluginError) else str(error)
    lines = [first, *_own_lines(traceback.extract_tb(error.__traceback__))]
    if isinstance(error, SyntaxError):
        lines.append(f"  {error.filename}:{error.lineno}: {(error.text or '').strip()}")
    return "\n".join(lines)


def own_frames(frames: Iterable[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    """Return the frames that are a plugin's own."""
    foreign = ("importlib", "pluggy", "threading.py", str(Path(__file__).parent), "concurrent")
    return [frame for frame in frames if not any(part in frame.filename for part in foreign)]


def _own_lines(frames: Iterable[traceback.FrameSummary]) -> list[str]:
    return [f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}" for frame in own_frames(frames)]


def _where_is(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - the documented way to look into a thread
    lines = _own_lines(traceback.extract_stack(frame)) if frame is not None else []
    return "\n".join(["; it is at", *lines]) if lines else ""


def _installed(entry_point: EntryPoint) -> Candidate:
    distribution = entry_point.dist
    return Candidate(
        entry_point.name,
        entry_point.load,
        distribution=distribution.name if distribution else None,
        version=distribution.version if distribution else None,
    )


def _import_reference(reference: str) -> object:
    module, _, attribute = reference.partition(":")
    found: object = importlib.import_module(module)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)
    return found if attribute else _plugin_in(found)


def _import_file(path: Path) -> object:
    """Import one file; it is no member of a package, so that it can import what is installed and nothing beside it."""
    name = f"{_FILES}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # noqa: S101 - the file's name ends with .py
    assert spec.loader is not None  # noqa: S101 - as above
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return _plugin_in(module)


def _plugin_in(module: object) -> object:
    """Return what of a module is the plugin: the module, or the one class in it whose methods implement hooks."""
    if not isinstance(module, ModuleType) or _implements(module):
        return module
    own = [value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == module.__name__]
    classes = list(dict.fromkeys(found for found in own if _implements(found)))  # a class may have several names
    if len(classes) > 1:
        names = ", ".join(found.__name__ for found in classes)
        raise PluginError(f'several classes in it implement hooks: {names}; name one, as in "{module.__name__}:Name"')
    return classes[0] if classes else module


def _implements(plugin: object) -> bool:
    return any(hasattr(value, f"{NAMESPACE}_impl") for value in vars(plugin).values())
