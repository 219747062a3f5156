"""The description of the API as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), made of its operations."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

from cockpit_gateway.web.api.idempotency import FORM, HEADER, REPEATED
from cockpit_gateway.web.api.operations import PREFIX, Operation, Resource
from cockpit_gateway.web.api.schemas import Schemas

Document: TypeAlias = dict[str, Any]

_DESCRIPTION = """\
What the command line shows and does, for programs. At the gateway's Unix socket no token is needed; at `api.listen`
each request needs one, as `Authorization: Bearer …`, that allows the scope of the operation.

Lists come in pages: `next` is the `cursor` of the next one, and so is the link `rel="next"`. Answers have an ETag: with
`If-None-Match`, what has not changed is not sent again; with `If-Match`, what others have changed meanwhile is left
alone. What changes something takes an `Idempotency-Key`: the same request with the same key, within a day, is answered
as before and not carried out again. Whatever is refused is answered by a problem (RFC 9457) whose `detail` says what to
do. Every answer has an `X-Request-ID`: the one that was sent, or a new one; the gateway's log has it too."""

_PROBLEM: Document = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457).",
    "properties": {
        "type": {"type": "string", "description": "Always about:blank: the status says what kind it is."},
        "title": {"type": "string", "description": "The status, in words."},
        "status": {"type": "integer", "description": "The status."},
        "detail": {"type": "string", "description": "What is wrong, and what to do."},
        "errors": {
            "type": "array",
            "description": "Each mistake in what was asked for.",
            "items": {
                "type": "object",
                "properties": {
                    "in": {"type": "string", "enum": ["query", "body", "header"], "description": "Where it is."},
                    "name": {"type": "string", "description": "The parameter, or the path in the body."},
                    "detail": {"type": "string", "description": "What is wrong with it."},
                },
                "required": ["in", "name", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}

_REFUSALS = {
    HTTPStatus.BAD_REQUEST: "A parameter, or the body, is not what it should be; `errors` has each mistake.",
    HTTPStatus.UNAUTHORIZED: "There is no token, or none that is known.",
    HTTPStatus.FORBIDDEN: "The token does not allow it.",
    HTTPStatus.NOT_FOUND: "What is named does not exist.",
    HTTPStatus.NOT_ACCEPTABLE: "What would be answered is not accepted.",
    HTTPStatus.CONFLICT: "It does not go with how things stand, or the same request is under way.",
    HTTPStatus.PRECONDITION_FAILED: "It has been changed since it was looked at.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is no JSON.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The Idempotency-Key was used for another request.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The URL, or a header, is too long.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The gateway failed; its log says why.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The store cannot do it now; `Retry-After` says when to try again.",
}

_PARAMETERS: Document = {
    HEADER: {
        "name": HEADER,
        "in": "header",
        "description": "Names this request, so that it can be repeated without being carried out twice.",
        "schema": {"type": "string", "pattern": FORM, "examples": ["8e03978e-40d5-43dd-bc93-6894a57f9324"]},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of an answer that is known already: if it has not changed, it is not sent again.",
        "schema": {"type": "string"},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag of what is to be changed: if it has changed meanwhile, nothing happens.",
        "schema": {"type": "string"},
    },
}

_HEADERS: Document = {
    "X-Request-ID": {"description": "The request's id, as it was sent or a new one.", "schema": {"type": "string"}},
    "ETag": {"description": "What tells this answer from another.", "schema": {"type": "string"}},
    "Location": {"description": "Where what was made is.", "schema": {"type": "string", "format": "uri-reference"}},
    "Link": {"description": 'The next page, as rel="next".', "schema": {"type": "string"}},
    REPEATED: {"description": "true if this was answered before.", "schema": {"type": "string", "const": "true"}},
}

_LISTED: Mapping[str, Mapping[str, str]] = {
    "list_events": {"event_id": "/events/0/id"},
    "list_deliveries": {"delivery_id": "/deliveries/0/id"},
    "list_endpoints": {"endpoint": "/endpoints/0/name"},
    "list_targets": {"plugin": "/targets/0/plugin", "target": "/targets/0/target"},
}
"""Where in the answers of lists there is what the paths of other operations ask for."""


def document(resources: Sequence[type[Resource]], version: str, base_path: str) -> Document:
    """Return the description.

    Args:
        resources: What there is.
        version: The gateway's version.
        base_path: What stands before every path at `api.listen`.
    """
    tagged = [(resource.tag, operation) for resource in resources for operation in resource.operations()]
    schemas = Schemas([operation for _, operation in tagged])
    paths: dict[str, Document] = {}
    for tag, operation in tagged:
        described = _described(operation, tag, schemas, [other for _, other in tagged])
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Cockpit Gateway",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_path + PREFIX}],
        "tags": [
            {"name": resource.tag, "description": (inspect.getdoc(resource) or "").split("\n\n")[0]}
            for resource in resources
        ],
        "paths": paths,
        "components": {
            "schemas": {**schemas.components, "Problem": _PROBLEM},
            "responses": {_name(status): _refusal(status) for status in _REFUSALS},
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "One of `api.clients`. Scopes: read, operate, admin; each includes those before.",
                }
            },
        },
    }


def _described(operation: Operation, tag: str, schemas: Schemas, others: Sequence[Operation]) -> Document:
    scope = operation.scope.name.lower()
    described: Document = {
        "operationId": operation.name,
        "tags": [tag],
        "summary": operation.summary,
        "description": f"{operation.description}\n\nNeeds the scope `{scope}`.".strip(),
        "security": [{"token": [scope]}],
        "parameters": [*schemas.parameters(operation), *map(_parameter, _headers_of(operation))],
        "responses": {
            str(int(operation.status)): _success(operation, schemas, others),
            **({"304": {"description": "It has not changed."}} if operation.is_safe and operation.has_etag else {}),
            **{str(int(status)): _reference("responses", _name(status)) for status in sorted(_refusals(operation))},
        },
    }
    if operation.body is not None:
        described["requestBody"] = schemas.body(operation.body)
    return described


def _success(operation: Operation, schemas: Schemas, others: Sequence[Operation]) -> Document:
    names = ["X-Request-ID"]
    names += ["ETag"] if operation.has_etag else []
    names += ["Location"] if operation.status == HTTPStatus.CREATED else []
    names += ["Link"] if "next" in getattr(operation.answer, "model_fields", ()) and operation.is_safe else []
    names += [] if operation.is_safe else [REPEATED]
    answered: Document = {
        "description": schemas.description(operation),
        "headers": {name: _reference("headers", name) for name in names},
    }
    if operation.answer is not type(None):
        answered["content"] = {operation.media_type: {"schema": schemas.answer(operation)}}
    links = dict(_links(operation, others))
    return answered | ({"links": links} if links else {})


def _links(operation: Operation, others: Iterable[Operation]) -> Iterator[tuple[str, Document]]:
    """Yield what can be asked about the first thing in a list."""
    places = _LISTED.get(operation.name, {})
    for other in others:
        if places and set(other.segments) == set(places):
            parameters = {name: f"$response.body#{places[name]}" for name in other.segments}
            yield other.name, {"operationId": other.name, "parameters": parameters}


def _refusals(operation: Operation) -> Iterator[HTTPStatus]:
    yield from operation.refusals
    yield HTTPStatus.UNAUTHORIZED
    yield HTTPStatus.FORBIDDEN
    yield HTTPStatus.NOT_ACCEPTABLE
    yield HTTPStatus.BAD_REQUEST
    yield HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    yield HTTPStatus.INTERNAL_SERVER_ERROR
    yield HTTPStatus.SERVICE_UNAVAILABLE
    if operation.segments:
        yield HTTPStatus.NOT_FOUND
    if not operation.is_safe:
        yield HTTPStatus.CONFLICT
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    if not operation.is_safe or operation.body is not None:
        yield HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if operation.body is not None:
        yield HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    if operation.guard is not None:
        yield HTTPStatus.PRECONDITION_FAILED


def _headers_of(operation: Operation) -> Iterator[str]:
    if operation.is_safe and operation.has_etag:
        yield "If-None-Match"
    if not operation.is_safe:
        yield HEADER
    if operation.guard is not None:
        yield "If-Match"


def _refusal(status: HTTPStatus) -> Document:
    headers = {"X-Request-ID": _reference("headers", "X-Request-ID")}
    content = {"application/problem+json": {"schema": _reference("schemas", "Problem")}}
    return {"description": _REFUSALS[status], "headers": headers, "content": content}


def _name(status: HTTPStatus) -> str:
    return status.phrase.title().replace(" ", "")


def _parameter(name: str) -> Document:
    return _reference("parameters", name)


def _reference(kind: str, name: str) -> Document:
    return {"$ref": f"#/components/{kind}/{name}"}
