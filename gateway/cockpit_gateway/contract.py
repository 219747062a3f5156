"""The markers of the hook contract: how a hookspec says which Cockpit event it stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pluggy

NAMESPACE = "cockpit_gateway"
"""pluggy project name and entry-point group of the plugins."""

hookspec = pluggy.HookspecMarker(NAMESPACE)
hookimpl = pluggy.HookimplMarker(NAMESPACE)

_ATTRIBUTE = "__cockpit_event__"
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


def cockpit_event(
    name: str, *, per_name: bool = False, subjects: tuple[str, ...] = (), noise: bool = False, fires: bool = True
) -> Callable[[_Function], _Function]:
    """Declare a hookspec for a Cockpit event; see `CockpitEvent` for the parameters.

    Example:
        >>> @cockpit_event("cockpit.clearcache")
        ... def cockpit_clearcache(event, context): ...
        >>> declared_event(cockpit_clearcache).name
        'cockpit.clearcache'
    """
    return _marker(CockpitEvent(name, per_name=per_name, subjects=subjects, noise=noise, fires=fires))


def gateway_event(name: str, *, subjects: tuple[str, ...]) -> Callable[[_Function], _Function]:
    """Declare a hookspec for an event that the gateway makes itself; see `CockpitEvent` for the parameters."""
    return _marker(CockpitEvent(name, subjects=subjects, own=True))


def _marker(declaration: CockpitEvent) -> Callable[[_Function], _Function]:
    def mark(function: _Function) -> _Function:
        setattr(function, _ATTRIBUTE, declaration)
        return hookspec(function)

    return mark


def declared_event(function: Callable[..., Any]) -> CockpitEvent | None:
    """Return what `cockpit_event` declared on a hookspec, None for the gateway's own hooks."""
    declaration: CockpitEvent | None = getattr(function, _ATTRIBUTE, None)
    return declaration
