"""Sandboxed Jinja: the expressions of `when:` and `key:`, and the templates that make a body.

Both see an event through its `Scope`: `event`, and Cockpit's arguments by the names that the hookspec gives them.
They see JSON and nothing of Python: an object has its keys and no methods (`entry.items` is a field called "items";
loop with `entry | items`), nothing can be changed, no file can be read.

Bounded are the length of the source and `range`. The time that an expression takes is not: whoever may write the
configuration may also write a loop, so do not let strangers write expressions.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from jinja2 import ChainableUndefined, Environment, StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2 import Template as JinjaTemplate
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from cockpit_gateway.events import Event, JSONValue, encode_json

if TYPE_CHECKING:
    from cockpit_gateway.catalogue import Catalogue

LONGEST_EXPRESSION = 4096
"""Characters."""

LONGEST_TEMPLATE = 65536
"""Characters."""

EVENT_FIELDS = (
    "id",
    "name",
    "type",
    "source",
    "label",
    "hook",
    "backend",
    "collection",
    "form",
    "singleton",
    "subject",
    "subjects",
    "received_at",
    "args",
)
"""What `event` has: as `Event` does, with `type` its generic name and `subject` the first of its subjects."""

Scope: TypeAlias = Mapping[str, JSONValue]
"""What an expression or template sees of an event, by name."""


def scope_of(event: Event, catalogue: Catalogue) -> Scope:
    """Return what expressions and templates see of an event; make it once per event.

    Args:
        event: The event.
        catalogue: Knows its generic name and its arguments.

    Returns:
        `event` with `EVENT_FIELDS`, and each declared argument under its name.

    Example:
        >>> from cockpit_gateway.catalogue import Catalogue
        >>> removed = Event("0", "collections.remove.after", "site", b'{"args":["posts",2]}', 0.0)
        >>> scope_of(removed, Catalogue())["result"]
        2
    """
    match = catalogue.match(event.name)
    seen = {
        "id": event.id,
        "name": event.name,
        "type": match.entry.generic_name if match else event.name,
        "source": event.source,
        "label": event.label,
        "hook": event.hook,
        "backend": event.backend,
        "collection": event.collection,
        "form": event.form,
        "singleton": event.singleton,
        "subject": event.subjects[0] if event.subjects else None,
        "subjects": event.subjects,
        "received_at": event.received_at,
        "args": event.args,
    }
    return {**catalogue.bind(event.name, event.args), "event": seen}


@dataclass(frozen=True, slots=True)
class Expression:
    """A sandboxed Jinja expression, compiled once.

    What an event does not have is falsy, however deep (`entry.meta.author` of an entry without `meta`).

    Attributes:
        source: The expression.
        names: The names it uses beside `event`: arguments of the hook.

    Raises:
        ValueError: It is no expression, too long, or names a field that `event` does not have.

    Example:
        >>> expression = Expression('event.source == "site" and entry.published')
        >>> expression.names
        frozenset({'entry'})
        >>> expression.evaluate({"event": {"source": "site"}, "entry": {"published": True}})
        True
    """

    source: str
    names: frozenset[str] = field(init=False, compare=False, repr=False)
    _call: Callable[[Scope], object] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _refuse_longer(self.source, LONGEST_EXPRESSION)
        names = _compiled(lambda: _names(_LENIENT, "{{ " + self.source + " }}"))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "_call", _compiled(lambda: _LENIENT.compile_expression(self.source)))

    def evaluate(self, scope: Scope) -> object:
        """Return its value for an event; None for one that the event does not have.

        Args:
            scope: The event, as `scope_of` shows it.

        Raises:
            Exception: Whatever a comparison or filter raises for values it was not meant for.
        """
        return self._call(scope)

    def read(self, scope: Scope) -> dict[str, object]:
        """Return what it reads of an event, by the names that it writes: for a person who asks why.

        Args:
            scope: The event, as `scope_of` shows it.

        Example:
            >>> Expression("entry.tags[0] and entry.author.name").read({"entry": {"tags": ["a"]}})
            {'entry.author.name': None, 'entry.tags[0]': 'a'}
        """
        paths = sorted(set(_paths(_LENIENT.parse("{{ " + self.source + " }}"))))
        return {path: _LENIENT.compile_expression(path)(scope) for path in paths}


@dataclass(frozen=True, slots=True)
class Template:
    """A sandboxed Jinja template, compiled once.

    Stricter than an expression: naming what the event does not have is an error (`| default(…)` allows it). The
    filter `tojson` writes a value as JSON.

    Attributes:
        source: The template.
        escape: Makes each value harmless that `{{ … }}` writes, unless it goes through the filter `safe`; None writes
            values as they are.
        names: The names it uses beside `event`: arguments of the hook, and what `render` is given in addition.

    Raises:
        ValueError: It is no template, too long, or names a field that `event` does not have.

    Example:
        >>> Template('{"title": {{ entry.title | tojson }}}').render({"entry": {"title": None}})
        '{"title": null}'
        >>> import html
        >>> Template("<b>{{ form }}</b>", html.escape).render({"form": "<contact>"})
        '<b>&lt;contact&gt;</b>'
    """

    source: str
    escape: Callable[[str], str] | None = field(default=None, repr=False)
    names: frozenset[str] = field(init=False, compare=False, repr=False)
    _template: JinjaTemplate = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _refuse_longer(self.source, LONGEST_TEMPLATE)
        object.__setattr__(self, "names", _compiled(lambda: _names(_STRICT, self.source)))
        object.__setattr__(self, "_template", _compiled(lambda: _escaping(self.escape).from_string(self.source)))

    def render(self, scope: Scope, **extra: JSONValue) -> str:
        """Return the text for an event.

        Args:
            scope: The event, as `scope_of` shows it.
            **extra: Further names.

        Raises:
            Exception: Whatever rendering raises: an undefined name, a filter that meets a value it was not meant for.
        """
        return self._template.render(scope, **extra)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Shows an object's keys and none of the methods of Python's dict, which a missing key would stand for."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._key(obj, attribute) if _is_object(obj) else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self._key(obj, argument) if _is_object(obj) else super().getitem(obj, argument)

    def _key(self, obj: dict[Any, Any], key: Any) -> Any:
        try:
            return obj[key]
        except (KeyError, TypeError):
            return self.undefined(obj=obj, name=key)


def _is_object(value: object) -> TypeGuard[dict[Any, Any]]:
    return isinstance(value, dict)


def _to_json(value: JSONValue) -> str:
    if isinstance(value, StrictUndefined):
        return str(value)  # raises, naming what is undefined
    return encode_json(value).decode()


def _environment(undefined: type[ChainableUndefined | StrictUndefined]) -> Environment:
    environment = _Sandbox(undefined=undefined)
    environment.globals = {"range": environment.globals["range"], "namespace": environment.globals["namespace"]}
    environment.filters["tojson"] = _to_json
    return environment


def _escaping(escape: Callable[[str], str] | None) -> Environment:
    """Return the environment of templates; Jinja's own escaping knows HTML only."""
    if escape is None:
        return _STRICT

    def finalize(value: Any) -> str:
        text = str(value)  # raises for what is undefined
        return text if isinstance(value, Markup) else escape(text)

    return _STRICT.overlay(finalize=finalize)


_LENIENT = _environment(ChainableUndefined)
_STRICT = _environment(StrictUndefined)


def _refuse_longer(source: str, longest: int) -> None:
    if len(source) > longest:
        raise ValueError(f"it is {len(source)} characters long, at most {longest} are allowed")


def _compiled(compile_source: Callable[[], Any]) -> Any:
    try:
        return compile_source()
    except TemplateSyntaxError as error:
        message = (error.message or "").replace("end of print statement", "end of expression")
        raise ValueError(f"line {error.lineno}: {message}") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except (TemplateError, SyntaxError) as error:
        raise ValueError(str(error)) from None


def _names(environment: Environment, template: str) -> frozenset[str]:
    tree = environment.parse(template)
    _refuse_loading(tree)
    _refuse_unknown_fields(tree)
    return frozenset(meta.find_undeclared_variables(tree)) - {"event", *environment.globals}


def _paths(node: nodes.Node) -> Iterator[str]:
    """Yield the names in a tree, each with as many of its keys as are written out; methods that are called are none."""
    if (path := _path(node)) is not None:
        yield path
        return
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        yield from _paths(node.node.node)
        inner = [*node.args, *node.kwargs]
    else:
        inner = [*node.iter_child_nodes()]
    for child in inner:
        yield from _paths(child)


def _path(node: nodes.Node) -> str | None:
    """Return a name with its keys, None for anything else."""
    if isinstance(node, nodes.Name):
        return None if node.name in _LENIENT.globals else str(node.name)
    if isinstance(node, nodes.Getattr):
        outer, key = _path(node.node), f".{node.attr}"
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        outer, key = _path(node.node), f"[{node.arg.value!r}]"
    else:
        return None
    return None if outer is None else outer + key


def _refuse_loading(tree: nodes.Template) -> None:
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        raise TemplateSyntaxError("a template stands alone: it cannot load another one", node.lineno)


def _refuse_unknown_fields(tree: nodes.Template) -> None:
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name == "event" and node.attr not in EVENT_FIELDS:
            nearest = difflib.get_close_matches(node.attr, EVENT_FIELDS, n=1)
            advice = f"did you mean {nearest[0]!r}?" if nearest else f"it has: {', '.join(EVENT_FIELDS)}"
            raise TemplateSyntaxError(f"event has no {node.attr!r}; {advice}", node.lineno)
