"""The markers of the hook contract: how a hookspec says which Cockpit event it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import pluggy

NAMESPACE = "cockpit_gateway"
"""pluggy project name and entry-point group of the plugins."""

hookspec = pluggy.HookspecMarker(NAMESPACE)
hookimpl = pluggy.HookimplMarker(NAMESPACE)

KEPT_FOR = 2
"""Minor versions that a deprecated hook or parameter is kept for."""

FIRST_RELEASE = "0.1"
"""The version that has every hook which is not marked with another."""

_ATTRIBUTE = "__cockpit_event__"
_SINCE = "__since__"
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class CockpitEvent:
    """What a hookspec says about its event, beside its signature and docstring.

    Attributes:
        name: Cockpit's name. A part in braces stands for a piece of the name that varies
            ("app.{controller}.init"); it can be used in `subjects`.
        per_name: True when Cockpit also fires "<name>.<collection, form or singleton>" with the same
            arguments; that variant calls the same hook.
        subjects: Path templates of what the event is about. "{entry._id}" follows an argument into its
            keys, "{assets[]._id}" gives one subject per item. A path ends before its first missing part;
            one whose second part is missing gives no subject.
        noise: True for what fires while reading, viewing or logging in: ignored unless somebody names it.
        fires: False for a name that stands in Cockpit's documentation but never arrives.
        own: True for an event that the gateway makes itself: no pattern matches it, it has to be named.
    """

    name: str
    per_name: bool = False
    subjects: tuple[str, ...] = ()
    noise: bool = False
    fires: bool = True
    own: bool = False

    @property
    def must_be_named(self) -> bool:
        """True if no pattern matches it."""
        return self.noise or self.own


class HookDeprecationWarning(DeprecationWarning):
    """Says that a hook, or a parameter of one, goes away: two minor versions after it was deprecated.

    It is handed to pluggy as `warn_on_impl` or in `warn_on_impl_args`; whoever implements it is told at each start.

    Args:
        what: What goes away.
        since: The minor version that deprecates it, "0.3".
        instead: What to do about it.

    Example:
        >>> str(HookDeprecationWarning("`cockpit_old`", since="0.3", instead="implement `cockpit_new`"))
        '`cockpit_old` is deprecated since 0.3 and goes away with 0.5: implement `cockpit_new`'
    """

    def __init__(self, what: str, *, since: str, instead: str) -> None:
        major, minor = since.split(".")
        until = f"{major}.{int(minor) + KEPT_FOR}"
        super().__init__(f"{what} is deprecated since {since} and goes away with {until}: {instead}")


def cockpit_event(
    name: str,
    *,
    per_name: bool = False,
    subjects: tuple[str, ...] = (),
    noise: bool = False,
    fires: bool = True,
    deprecated: HookDeprecationWarning | None = None,
    deprecated_parameters: Mapping[str, HookDeprecationWarning] | None = None,
) -> Callable[[_Function], _Function]:
    """Declare a hookspec for a Cockpit event; see `CockpitEvent` for the parameters that are not described here.

    Args:
        name: See there, as for the following ones.
        per_name: See there.
        subjects: See there.
        noise: See there.
        fires: See there.
        deprecated: That the hook goes away.
        deprecated_parameters: Which of its parameters go away.

    Raises:
        TypeError: `subjects` is one text, not several.

    Example:
        >>> @cockpit_event("cockpit.clearcache")
        ... def cockpit_clearcache(event, context): ...
        >>> declared_event(cockpit_clearcache).name
        'cockpit.clearcache'
    """
    if isinstance(subjects, str):
        raise TypeError(f"subjects={subjects!r} of {name} is one text; write a tuple: ({subjects!r},)")
    declaration = CockpitEvent(name, per_name=per_name, subjects=subjects, noise=noise, fires=fires)
    return _marker(declaration, warn_on_impl=deprecated, warn_on_impl_args=deprecated_parameters)


def gateway_event(name: str, *, subjects: tuple[str, ...]) -> Callable[[_Function], _Function]:
    """Declare a hookspec for an event that the gateway makes itself; see `CockpitEvent` for the parameters."""
    return _marker(CockpitEvent(name, subjects=subjects, own=True))


def _marker(declaration: CockpitEvent, **options: Any) -> Callable[[_Function], _Function]:
    def mark(function: _Function) -> _Function:
        setattr(function, _ATTRIBUTE, declaration)
        marked: _Function = hookspec(**options)(function)
        return marked

    return mark


def since(version: str) -> Callable[[_Function], _Function]:
    """Mark a hookspec that an earlier version has not.

    Args:
        version: The first version that has it, "0.2".

    Example:
        >>> @since("0.2")
        ... @cockpit_event("cockpit.new")
        ... def cockpit_new(event, context): ...
        >>> introduced_in(cockpit_new)
        '0.2'
    """

    def mark(function: _Function) -> _Function:
        setattr(function, _SINCE, version)
        return function

    return mark


def introduced_in(function: Callable[..., Any]) -> str:
    """Return the version of the gateway in which a hookspec appeared."""
    version: str = getattr(function, _SINCE, FIRST_RELEASE)
    return version


def declared_event(function: Callable[..., Any]) -> CockpitEvent | None:
    """Return what `cockpit_event` declared on a hookspec, None for the gateway's own hooks."""
    declaration: CockpitEvent | None = getattr(function, _ATTRIBUTE, None)
    return declaration
