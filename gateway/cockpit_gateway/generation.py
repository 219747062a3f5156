"""Generations: what follows from one configuration. A reload makes another one, beside that which is at work."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import structlog

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.clock import Clock
from cockpit_gateway.config import Config, HandlerSettings, handlers_of
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.calls import deliver_call, handler_call
from cockpit_gateway.delivery.planning import Planner
from cockpit_gateway.delivery.roster import Registration
from cockpit_gateway.egress.channel import Channels, new_resolver
from cockpit_gateway.errors import RAISED_BY_PLUGINS, PluginError
from cockpit_gateway.fitting import list_of
from cockpit_gateway.hosting import Host, Plugins
from cockpit_gateway.plugin import Emit, PluginContext
from cockpit_gateway.registry import Implementation, Registry
from cockpit_gateway.storage import PluginStorage
from cockpit_gateway.store.port import Store
from cockpit_gateway.targets import PLAN_TARGET, Target


@dataclass(frozen=True, slots=True)
class Generation:
    """What follows from one configuration.

    Attributes:
        config: The configuration.
        plugins: The plugins, each with its host.
        declared: What `register_targets` of each plugin returned.
        targets: Every target, those of handlers and planners included.
    """

    config: Config
    plugins: Plugins
    declared: Mapping[str, Sequence[Target]]
    targets: Mapping[TargetId, Registration]

    def hosts_beside(self, other: Generation) -> list[Host]:
        """Return the hosts that another generation does not have."""
        others = set(other.plugins.hosts.values())
        return [host for host in self.plugins.hosts.values() if host not in others]


class Generations:
    """Makes generations.

    Args:
        store: What plugins keep is there.
        clock: The time.
        catalogue: The known events.
        planner: Plans again what was planned late.
        emit: Makes an event of a plugin's.
        describe: Says what a plugin raised, without secrets.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        catalogue: Catalogue,
        planner: Planner,
        emit: Emit,
        describe: Callable[[BaseException], str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._catalogue = catalogue
        self._planner = planner
        self._emit = emit
        self._describe = describe
        self._resolver = new_resolver()

    def make(
        self, config: Config, registry: Registry, before: Generation | None = None, kept: Collection[str] = ()
    ) -> Generation:
        """Make a generation; none of its plugins has started.

        Args:
            config: The configuration.
            registry: The plugins' hooks.
            before: The generation that is at work.
            kept: Names of the plugins that stay as they are there.

        Raises:
            PluginError: a plugin's `register_targets` failed, or broke a rule.
        """
        old = {} if before is None else before.plugins.hosts
        hosts = {
            name: old[name] if name in kept else self._host(name, config, registry) for name in registry.config_models()
        }
        plugins = Plugins(registry, hosts)
        declared = {
            found.plugin: before.declared[found.plugin]
            if before is not None and found.plugin in kept
            else self._declared(found, plugins)
            for found in registry.implementations("register_targets")
        }
        return Generation(config, plugins, declared, self._targets(plugins, declared))

    def _host(self, name: str, config: Config, registry: Registry) -> Host:
        section = config.plugins.get(name)
        context = PluginContext(
            name=name,
            config=section if registry.plugins[name].config_model else None,
            log=structlog.get_logger(name).bind(plugin=name),
            clock=self._clock,
            catalogue=self._catalogue,
            channels=Channels(self._resolver),
            storage=PluginStorage(name, self._store),
            _emit=self._emit,
        )
        return Host(context, handlers_of(section))

    def _declared(self, declaring: Implementation, plugins: Plugins) -> Sequence[Target]:
        """Return the targets that a plugin declares."""
        plugin = declaring.plugin
        try:
            targets = list_of(Target, plugins.host(declaring).call(declaring, {}) or (), "it")
        except RAISED_BY_PLUGINS as error:
            raise PluginError(f"register_targets of plugin {plugin} failed: {self._describe(error)}") from error
        if targets and plugins.registry.implementation(plugin, "deliver") is None:
            raise PluginError(f"plugin {plugin} registers targets but implements no `deliver`")
        return targets

    def _targets(self, plugins: Plugins, declared: Mapping[str, Sequence[Target]]) -> Mapping[TargetId, Registration]:
        targets: dict[TargetId, Registration] = {}
        for target_id, registration in (
            *self._handlers(plugins),
            *self._planners(plugins),
            *_deliverers(plugins, declared),
        ):
            if target_id in targets:
                raise PluginError(f"plugin {target_id.plugin} registers the target {target_id.target!r} twice")
            targets[target_id] = registration
        return targets

    def _handlers(self, plugins: Plugins) -> Iterator[tuple[TargetId, Registration]]:
        for handler in plugins.registry.handlers():
            host = plugins.host(handler)
            call = handler_call(handler, host, self._catalogue)
            target = host.handlers.target(handler.hook)
            yield TargetId(handler.plugin, handler.hook), Registration(target, call, host.slots(handler))

    def _planners(self, plugins: Plugins) -> Iterator[tuple[TargetId, Registration]]:
        for planner in plugins.registry.implementations("plan_deliveries"):
            call = self._planner.late_call(planner, plugins.host(planner))
            target = HandlerSettings().target(PLAN_TARGET)
            yield TargetId(planner.plugin, PLAN_TARGET), Registration(target, call, None)


def _deliverers(plugins: Plugins, declared: Mapping[str, Sequence[Target]]) -> Iterator[tuple[TargetId, Registration]]:
    for plugin, targets in declared.items():
        deliver = plugins.registry.implementation(plugin, "deliver")
        if deliver is None:
            continue
        host = plugins.hosts[plugin]
        call, slots = deliver_call(deliver, host), host.slots(deliver)
        yield from ((TargetId(plugin, target.name), Registration(target, call, slots)) for target in targets)
