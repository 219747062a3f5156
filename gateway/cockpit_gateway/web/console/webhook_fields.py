"""The fields of the webhook form, and the endpoint's settings that they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import orjson
import yaml
from multidict import MultiMapping

from cockpit_gateway.config.problems import Data
from cockpit_gateway.config.syntax import Loader, compose
from cockpit_gateway.errors import ConfigError, InvalidDocumentError, Mistake
from cockpit_gateway.web.console.shown import as_yaml

TEXTS = ("url", "when", "key", "rate", "timeout", "template", "content_type")
"""Settings that are a text, or left out."""

CHOICES = {"method": "POST", "body": "cockpit"}
"""Settings that are one of several, and the one that need not be said."""

COALESCE = ("wait", "max_wait", "keep")

OTHER = "other"
"""The field for all other settings, as YAML."""


def document_of(form: MultiMapping[str]) -> dict[str, Data]:
    """Return the settings that a form was filled in with.

    Args:
        form: What the browser sent.

    Raises:
        InvalidDocumentError: the other settings are no YAML mapping, or repeat a field of the form; a header has no
            name, or is there twice.

    Example:
        >>> document_of(MultiDict(url="https://search.example.org", events="collections.*", active="on"))
        {'url': 'https://search.example.org', 'events': ['collections.*']}
    """
    document: dict[str, Data] = {}
    for name in TEXTS:
        if text := form.get(name, "").strip():
            document[name] = text
    for name, usual in CHOICES.items():
        if (chosen := form.get(name, usual)) != usual:
            document[name] = chosen
    document["events"] = _listed(form, "events")
    if sources := _listed(form, "sources"):
        document["sources"] = sources
    if "active" not in form:
        document["active"] = False
    document |= dict.fromkeys((name for name in ("ordered", "allow_private") if name in form), True)
    document |= _authentication(form) | _headers(form) | _coalesce(form)
    return document | _others(form.get(OTHER, ""), document)


def fields_of(document: Mapping[str, Data]) -> dict[str, Any]:
    """Return what a form shows of an endpoint's settings.

    Args:
        document: The settings; secrets are `***`, and stay what they are when they come back so.
    """
    left = dict(document)
    headers, basic_auth = left.pop("headers", None), left.pop("basic_auth", None)
    coalesce = left.pop("coalesce", None)
    fields: dict[str, Any] = {name: str(left.pop(name, "")) for name in TEXTS}
    fields |= {name: left.pop(name, usual) for name, usual in CHOICES.items()}
    fields |= {name: _texts(left.pop(name, None)) for name in ("events", "sources")}
    fields |= {"active": left.pop("active", True) is not False, "ordered": left.pop("ordered", False) is True}
    fields["allow_private"] = left.get("allow_private") is True
    if fields["allow_private"]:
        del left["allow_private"]
    fields["headers"] = list(headers.items()) if isinstance(headers, dict) else []
    fields["basic_auth"] = {"user": "", "password": ""} | (basic_auth if isinstance(basic_auth, dict) else {})
    fields["coalesce"] = dict.fromkeys(COALESCE, "") | (coalesce if isinstance(coalesce, dict) else {})
    fields[OTHER] = as_yaml(left) if left else ""
    return fields


def _listed(form: MultiMapping[str], name: str) -> Data:
    return [text.strip() for text in form.getall(name, []) if text.strip()]


def _texts(value: Data) -> Sequence[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _authentication(form: MultiMapping[str]) -> dict[str, Data]:
    user, password = form.get("user", "").strip(), form.get("password", "")
    return {"basic_auth": {"user": user, "password": password}} if user or password else {}


def _headers(form: MultiMapping[str]) -> dict[str, Data]:
    names, values = form.getall("header_name", []), form.getall("header_value", [])
    given: dict[str, Data] = {}
    for name, value in ((name.strip(), value) for name, value in zip_longest(names, values, fillvalue="")):
        if name in given:
            raise InvalidDocumentError([Mistake("headers", f"{name} is there twice: a header has one value")])
        if name:
            given[name] = value
        elif value:
            raise InvalidDocumentError([Mistake("headers", "a value is there without the name of its header")])
    return {"headers": given} if given else {}


def _coalesce(form: MultiMapping[str]) -> dict[str, Data]:
    given: dict[str, Data] = {name: form.get(name, "").strip() for name in COALESCE if form.get(name, "").strip()}
    return {"coalesce": given} if "wait" in given or "max_wait" in given else {}


def _others(text: str, document: Mapping[str, Data]) -> dict[str, Data]:
    found = _read(text)
    if not isinstance(found, dict):
        raise InvalidDocumentError([Mistake(OTHER, "settings are written as `name: value`, one below the other")])
    if repeated := [str(name) for name in found if name in document]:
        raise InvalidDocumentError([Mistake(OTHER, f"{', '.join(repeated)} has a field of its own above")])
    return found


def _read(text: str) -> Data:
    """Return a YAML text as JSON would have it; one that is made to hold up the gateway is refused."""
    try:
        root = compose(text, OTHER)
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=Loader)):
            raise InvalidDocumentError([Mistake(OTHER, "aliases (`*name`) are for the configuration file")])
        if (key := _repeated(root)) is not None:
            raise InvalidDocumentError([Mistake(OTHER, f"line {key.start_mark.line + 1}: duplicate key {key.value}")])
        found: object = yaml.load(text, Loader=Loader) if text.strip() else {}  # noqa: S506 - a safe one
        read: Data = orjson.loads(orjson.dumps(found, option=orjson.OPT_NON_STR_KEYS))
    except ConfigError as error:
        [problem] = error.problems
        raise InvalidDocumentError([Mistake(OTHER, f"line {problem.span.line + 1}: {problem.message}")]) from None
    except yaml.MarkedYAMLError as error:
        raise InvalidDocumentError([Mistake(OTHER, f"not valid YAML: {error.problem}")]) from None
    except (ValueError, TypeError):  # 2026-99-99, or what JSON does not have
        raise InvalidDocumentError([Mistake(OTHER, "not valid YAML: it has a value that no setting has")]) from None
    return read


def _repeated(node: yaml.Node | None) -> yaml.ScalarNode | None:
    """Return the first key that a mapping has a second time, None if there is none."""
    pairs: list[tuple[yaml.Node, yaml.Node]] = node.value if isinstance(node, yaml.MappingNode) else []
    seen: set[str] = set()
    for key, _ in pairs:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                return key
            seen.add(key.value)
    parts = node.value if isinstance(node, yaml.SequenceNode) else [value for _, value in pairs]
    return next(filter(None, map(_repeated, parts)), None)
