"""Reloading: another configuration takes the place of the one in force, or none of it does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import structlog

from cockpit_gateway import lifecycle
from cockpit_gateway.clock import Clock
from cockpit_gateway.combining import Combination, Combined
from cockpit_gateway.config import ConfigFile, Problem, ShownSetting
from cockpit_gateway.config.differences import Change
from cockpit_gateway.config.discretion import Discretion
from cockpit_gateway.config.problems import Data, render_path
from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery.insistence import Insistence
from cockpit_gateway.delivery.observers import Observer
from cockpit_gateway.entries import Entries, Entry
from cockpit_gateway.errors import ConfigError, ConflictError, GatewayError
from cockpit_gateway.generation import Generation, Generations
from cockpit_gateway.hosting import Host
from cockpit_gateway.store.port import Store
from cockpit_gateway.store.records import TargetState
from cockpit_gateway.telemetry.metrics import Metrics
from cockpit_gateway.threads import abandon

PATIENCE = 10.0
"""Seconds at the end for a reload that is under way, and for what is being retired."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class PutToWork(Protocol):
    """Has everything that happens from now on happen by another generation, in one turn of the event loop."""

    def __call__(self, generation: Generation, states: Sequence[TargetState]) -> Sequence[Observer]:
        """Do it; return the observers that are not told any more."""
        ...


class Reload(NamedTuple):
    """What came of a reload.

    Attributes:
        changes: What is in force now.
        deferred: What stands in the file and waits for a restart.
    """

    changes: Sequence[Change]
    deferred: Sequence[Change]


@dataclass(frozen=True, slots=True)
class ReloadState:
    """How the last reload went.

    Attributes:
        digest: What tells the text of the file that is in force from another.
        loaded_at: When that was put in force, seconds since the Unix epoch.
        tried_at: When the last reload was tried.
        problem: Why that failed, None if it did not.
        deferred: What waits for a restart.
    """

    digest: str
    loaded_at: float
    tried_at: float
    problem: str | None = None
    deferred: Sequence[Change] = ()


class Reloads:
    """Makes one generation take the place of another, one at a time.

    Args:
        generation: The one that is at work.
        generations: Makes others.
        put_to_work: Puts one to work.
        kept: The endpoints of the store.
        store: Records the targets.
        clock: The time.
        metrics: Is told how it went.
        discretion: Hides the secrets of every configuration that there has been.
        describe: Says what a plugin raised, without secrets.
    """

    def __init__(
        self,
        *,
        generation: Generation,
        generations: Generations,
        put_to_work: PutToWork,
        kept: Entries,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        discretion: Discretion,
        describe: Callable[[BaseException], str],
    ) -> None:
        self.generation = generation
        self.file = generation.config.file
        """The file whose text is in force, without the endpoints of the store."""
        self.entries: Sequence[Entry] = ()
        """The endpoints of the store."""
        self.problems: Mapping[str, list[Problem]] = {}
        """Those of them that do not take part, and why."""
        self.combination = Combination(generation.plugins.registry)
        self._generations = generations
        self._put_to_work = put_to_work
        self._kept = kept
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._discretion = discretion
        self._describe = describe
        self._insist = Insistence(clock)
        self.running = False
        """True while the gateway runs: then, and only then, another generation can take over."""
        self.accompaniment: Callable[[], AbstractContextManager[None]] = nullcontext
        """Goes with each reload, whoever asked for it: what the process has to do before and after."""
        self._lock = asyncio.Lock()
        self._tried = 0
        self._retirements: set[asyncio.Task[None]] = set()
        self.state = ReloadState(self.file.digest, clock.time(), clock.time())
        metrics.configured(self.state.digest)

    @property
    def held(self) -> Mapping[TargetId, str]:
        """The endpoints of the store that do not take part, each with the reason in a line."""
        if self.combination.field is None:
            return {}
        plugin = self.combination.field.plugin
        told = {TargetId(plugin, name): _in_a_line(problems) for name, problems in self.problems.items()}
        closed = {TargetId(plugin, entry.name): entry.problem for entry in self.entries if entry.problem is not None}
        return told | closed

    async def settings(self) -> Sequence[ShownSetting]:
        """Return every setting that is in force, without its secrets, each with its origin."""
        config, models = self.generation.config, self.generation.plugins.registry.config_models()
        # In a thread: those of a thousand endpoints take longer than the event loop may be held.
        return await asyncio.to_thread(lambda: config.file.shown(config, models, effective=True))

    async def begin(self) -> None:
        """Have the endpoints of the store take part, before anything has started; those that do not fit are held."""
        self.entries = await self._kept.all()
        for entry in self.entries:
            if entry.problem is not None:
                log.error("an endpoint of the store cannot be read", endpoint=entry.name, problem=entry.problem)
        if not self.entries:
            return
        combined = await self._combined(self.file, self.entries)
        self._note(combined.problems)
        config, field = combined.config, self.combination.field
        renewed = set() if field is None else {field.plugin}
        registry = self.generation.plugins.registry.renewed(renewed)
        self._discretion.add([config.settings, *config.plugins.values()])
        kept = registry.config_models().keys() - renewed
        self.generation = self._generations.make(config, registry, self.generation, kept)
        self._put_to_work(self.generation, ())

    async def reload(self, file: ConfigFile | None) -> Reload:
        """Put a file in force.

        Args:
            file: The file; None for the one that is in force, as it is now.

        Raises:
            ConfigError: it has mistakes; nothing has changed.
            PluginError: a plugin failed to start; nothing has changed.
            ConflictError: the gateway is stopping.
        """
        async with self._lock:
            self._require_running()
            with self.accompaniment():
                return await self._reload(file)

    async def refresh(self) -> None:
        """Have the endpoints take part that the store holds now: somebody else has changed them."""
        async with self._lock:
            self._require_running()
            entries = await self._kept.all()
            await self._renew(await self._combined(self.file, entries))
            self.entries = entries

    async def put(self, name: str, document: Mapping[str, Data], expected: str | None) -> Sequence[Problem]:
        """Keep an endpoint in the store, and have it take part; it does when this returns.

        Args:
            name: Its name.
            document: Its settings.
            expected: The version that it replaces; None for a new one.

        Returns:
            What is wrong with it; then nothing has changed.

        Raises:
            ConflictError: somebody else has changed it meanwhile.
            PluginError: its plugin failed to start with it; nothing has changed.
        """
        async with self._lock:
            self._require_running()
            others = [entry for entry in await self._kept.all() if entry.name != name]
            combined = await self._combined(self.file, [*others, Entry(name, document, "", 0.0, 0.0)])
            if name in combined.problems:
                return combined.problems[name]
            await self._renew(combined, lambda: self._kept.put(name, document, expected))
            self.entries = await self._kept.all()
            return ()

    async def remove(self, name: str, expected: str) -> None:
        """Keep an endpoint no more; see `put`."""
        async with self._lock:
            self._require_running()
            others = [entry for entry in await self._kept.all() if entry.name != name]
            await self._renew(await self._combined(self.file, others), lambda: self._kept.remove(name, expected))
            self.entries = await self._kept.all()

    async def stop(self) -> None:
        """Renew nothing any more, and let what is being retired come to its end."""
        self.running, self._insist.ended = False, True
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE), self._lock:
                pass
        if self._retirements:
            await asyncio.wait(self._retirements, timeout=PATIENCE)
        await abandon(self._retirements)

    async def _reload(self, file: ConfigFile | None) -> Reload:
        self._tried += 1
        try:
            given = await asyncio.to_thread(self.file.read_again) if file is None else file
            entries = await self._kept.all()
            combined = await self._combined(given, entries)
            self._refuse_new(combined.problems, given)
            reload = await self._renew(combined)
        except GatewayError as error:
            self._failed(error)
            raise
        self.file, self.entries = given, entries
        now = self._clock.time()
        self.state = ReloadState(given.digest, now, now, None, reload.deferred)
        self._metrics.reloaded(successful=True)
        self._metrics.configured(given.digest)
        self._tell(reload)
        return reload

    def _require_running(self) -> None:
        if not self.running:
            raise ConflictError("no gateway is running that it could take effect in; or it is starting, or stopping")

    async def _combined(self, file: ConfigFile, entries: Iterable[Entry]) -> Combined:
        documents = {entry.name: entry.document for entry in entries if entry.document is not None}
        return await asyncio.to_thread(self.combination.combine, file, documents)

    def _refuse_new(self, problems: Mapping[str, list[Problem]], file: ConfigFile) -> None:
        """Refuse a file into which an endpoint does not fit that takes part by now."""
        assert self.combination.field is not None or not problems  # noqa: S101 - else none was tried
        found = [
            f"{render_path((*self.combination.field.path, name, *problem.path))}: {problem.message}"
            for name, listed in problems.items()
            if name not in self.problems and self.combination.field is not None
            for problem in listed
        ]
        if found:
            raise ConfigError("\n".join([f"{file.name}: endpoints of the store do not fit into it:", *found]))

    async def _renew(self, combined: Combined, keep: Callable[[], Awaitable[None]] | None = None) -> Reload:
        before = self.generation
        renewal = self.combination.renewal(before.config, combined.config)
        config = renewal.config
        self._discretion.add([config.settings, *config.plugins.values()])
        registry = before.plugins.registry.renewed(renewal.plugins)
        kept = registry.config_models().keys() - set(renewal.plugins)
        generation = self._generations.make(config, registry, before, kept)
        states = await self._start(generation, generation.hosts_beside(before), keep)
        self._note(combined.problems)
        self.generation = generation
        gone = self._put_to_work(generation, states)
        self._retire(before, before.hosts_beside(generation), gone)
        return Reload(renewal.changes, renewal.deferred)

    async def _start(
        self, generation: Generation, hosts: Sequence[Host], keep: Callable[[], Awaitable[None]] | None
    ) -> Sequence[TargetState]:
        """Start what is new; if anything fails, what has started is stopped again."""
        fingerprints = {name: registration.target.fingerprint for name, registration in generation.targets.items()}
        try:
            await lifecycle.start(generation.plugins, hosts, self._describe)
            if keep is not None:
                await keep()
            return await self._insist.on(lambda: self._store.set_targets(fingerprints), "record the targets")
        except BaseException:
            await lifecycle.stop(generation.plugins, hosts)
            raise

    def _retire(self, before: Generation, hosts: Sequence[Host], observers: Sequence[Observer]) -> None:
        async def retire() -> None:
            for observer in observers:
                await observer.finish()
                await observer.stop()
            for host in hosts:
                await host.idle()
            await lifecycle.stop(before.plugins, hosts)

        if hosts:
            task = asyncio.create_task(retire())
            self._retirements.add(task)
            task.add_done_callback(self._retirements.discard)

    def _note(self, problems: Mapping[str, list[Problem]]) -> None:
        for name, found in problems.items():
            if name not in self.problems:
                log.error(
                    "an endpoint of the store does not take part: nothing is planned for it, its deliveries are held",
                    endpoint=name,
                    problem=_in_a_line(found),
                )
        self.problems = problems

    def _tell(self, reload: Reload) -> None:
        log.info("reloaded", reload=self._tried, changes=[render_path(change.path) for change in reload.changes])
        if reload.deferred:
            settings = [render_path(change.path) for change in reload.deferred]
            log.warning("changes wait for `cockpit-gateway restart`", reload=self._tried, settings=settings)

    def _failed(self, error: GatewayError) -> None:
        now, problem = self._clock.time(), str(error)
        self.state = ReloadState(self.state.digest, self.state.loaded_at, now, problem, self.state.deferred)
        self._metrics.reloaded(successful=False)
        log.error("not reloaded, the configuration stays as it was", reload=self._tried, problem=problem)


def _in_a_line(problems: Iterable[Problem]) -> str:
    return "; ".join(": ".join(filter(None, (render_path(one.path), one.message))) for one in problems)
