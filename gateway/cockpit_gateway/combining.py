"""The configuration file with the endpoints of the store, as if they stood in it; and what a new one changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import Config, ConfigFile, PluginConfig, Problem, Settings, StorableField, storable_field
from cockpit_gateway.config.changes import RELOADED, is_reloaded
from cockpit_gateway.config.differences import Change, differences
from cockpit_gateway.config.document import nested_at
from cockpit_gateway.config.problems import Data, Path
from cockpit_gateway.errors import ConfigError
from cockpit_gateway.loading import PluginSources, disabled_by, find_plugins
from cockpit_gateway.registry import Registry

NO_PLACE = "no plugin that is loaded takes endpoints"
TAKEN = "the configuration file has an endpoint of this name; delete one of the two, or call it otherwise"


@dataclass(frozen=True, slots=True)
class Combined:
    """A configuration file with endpoints of the store.

    Attributes:
        config: The configuration, with those endpoints that fit into it.
        problems: By name, what is wrong with the others.
    """

    config: Config
    problems: Mapping[str, list[Problem]]


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a new configuration means for a gateway that is at work.

    Attributes:
        config: The configuration that can be put in force.
        plugins: Names of the plugins whose settings are others.
        changes: What is put in force.
        deferred: What waits for a restart.
    """

    config: Config
    plugins: Collection[str]
    changes: list[Change]
    deferred: list[Change]


class Combination:
    """Combines for the plugins that are loaded.

    Args:
        registry: The plugins.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.field: StorableField | None = storable_field(registry.config_models())
        """Where endpoints of the store stand; None if no plugin takes any."""

    def combine(self, file: ConfigFile, documents: Mapping[str, Mapping[str, Data]]) -> Combined:
        """Return a file with endpoints of the store; it may take a while.

        Args:
            file: The file.
            documents: The endpoints' settings, by name.

        Raises:
            ConfigError: the file alone has mistakes.
        """
        alone = self._validate(file)
        if self.field is None:
            return Combined(alone, {name: [file.problem((), NO_PLACE)] for name in documents})
        own = file.at(self.field.path)
        taken = documents.keys() & (own.keys() if isinstance(own, dict) else ())
        problems = {name: [file.problem((), TAKEN)] for name in taken}
        while documents.keys() - problems.keys():
            fitting: dict[str, Data] = {name: {**given} for name, given in documents.items() if name not in problems}
            try:
                return Combined(self._validate(file.with_defaults(nested_at(self.field.path, fitting))), problems)
            except ConfigError as error:
                found = _by_entry(error.problems, self.field.path, fitting)
                if not found:  # nobody can tell which of them it is
                    raise
                problems |= found
        return Combined(alone, problems)

    def renewal(self, before: Config, after: Config) -> Renewal:
        """Return what a new configuration means for a gateway that is at work with another one."""
        loaded = self._registry.config_models()
        old, new = before.settings.plugins, after.settings.plugins
        changed = {name for name in loaded if (old.get(name) or {}) != (new.get(name) or {})}
        tied = {name for name in changed if name not in after.plugins or not self._registry.takes_settings(name)}
        fixed = {*tied, *((old.keys() | new.keys()) - loaded.keys())}
        changes: list[Change] = []
        deferred: list[Change] = []
        for change in differences(before.settings, after.settings):
            waits = change.path[:1] == ("plugins",) and change.path[1] in fixed
            (deferred if waits or not is_reloaded(change.path) else changes).append(change)
        sections = {name: new[name] for name in new if name not in fixed}
        sections |= {name: old[name] for name in old if name in fixed}
        kept = {name: before.plugins[name] for name in tied if name in before.plugins}
        settings = _in_force(before.settings, after.settings, sections)
        config = replace(after, settings=settings, plugins={**after.plugins, **kept})
        return Renewal(config, changed - tied, changes, deferred)

    def _validate(self, file: ConfigFile) -> Config:
        catalogue = Catalogue(file.custom_events, self._registry.declared.values())
        models: dict[str, type[PluginConfig] | None] = dict(self._registry.config_models())
        absent = self._registry.plugins.keys() - models.keys()
        if (loading := file.loading) is not None:
            sources = PluginSources(
                loading.plugins_dir, loading.plugin_modules, frozenset(loading.disabled_plugins) | disabled_by()
            )
            others = {found.name: sources.is_disabled(found) for found in find_plugins(sources)}
            absent |= others.keys() - models.keys()
            for name in [name for name, disabled in others.items() if disabled and name in models]:
                del models[name]
                absent.add(name)
        return file.validate(models, catalogue, absent)


def _by_entry(problems: Collection[Problem], place: Path, names: Collection[str]) -> dict[str, list[Problem]]:
    """Return the problems of each entry, with their paths inside of it."""
    found: dict[str, list[Problem]] = defaultdict(list)
    depth = len(place)
    for problem in problems:
        name = problem.path[depth] if len(problem.path) > depth and problem.path[:depth] == place else None
        if isinstance(name, str) and name in names:
            found[name].append(replace(problem, path=problem.path[depth + 1 :]))
    return dict(found)


def _in_force(before: Settings, after: Settings, sections: Mapping[str, object]) -> Settings:
    """Return the new settings where a reload puts them in force, and the old ones elsewhere."""
    whole = {place[0] for place in RELOADED if len(place) == 1}
    kept = {name: getattr(before, name) for name in Settings.model_fields if name not in whole}
    api = before.api.model_copy(update={"clients": after.api.clients})
    return after.model_copy(update=kept | {"api": api, "plugins": sections})
