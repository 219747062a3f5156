"""Making and changing a webhook: an endpoint that is kept in the store, with the fields that Cockpit's own form has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web
from multidict import MultiDict, MultiMapping

from cockpit_gateway.administration import Administration
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import Scope
from cockpit_gateway.endpoints import Signed
from cockpit_gateway.errors import ConflictError, InvalidDocumentError, Mistake
from cockpit_gateway.web.access import needs
from cockpit_gateway.web.console.frame import Entry, Frame
from cockpit_gateway.web.console.webhook_fields import document_of, fields_of

METHODS = ("POST", "PUT", "PATCH", "DELETE")
BODIES = ("cockpit", "standard", "template")
KEPT = ("last", "first", "list")


class WebhookPages:
    """Makes, changes and deletes webhooks.

    Args:
        frame: Makes the pages.
        administration: Keeps the endpoints.
        catalogue: Knows the events that can be named.
        sources: The names of the configured sources.
    """

    entries: tuple[Entry, ...] = ()

    def __init__(
        self, frame: Frame, administration: Administration, catalogue: Catalogue, sources: Collection[str]
    ) -> None:
        self._frame = frame
        self._admin = administration
        self._sources = sources
        fires = [entry for entry in catalogue.entries.values() if entry.event.fires]
        self._events = [
            (entry.generic_name, entry.summary) for entry in sorted(fires, key=lambda one: one.generic_name)
        ]

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the console."""
        return [
            web.get("/webhooks", self.new),
            web.post("/webhooks", self.create),
            web.get("/webhooks/{name}", self.edit),
            web.post("/webhooks/{name}", self.change),
            web.post("/webhooks/{name}/secret", self.rotate),
            web.get("/webhooks/{name}/delete", self.ask),
            web.post("/webhooks/{name}/delete", self.delete),
        ]

    @needs(Scope.ADMIN)
    async def new(self, request: web.Request) -> web.Response:
        """Show an empty form."""
        return self._form(request, "", fields_of({}), sign=True)

    @needs(Scope.ADMIN)
    async def create(self, request: web.Request) -> web.Response:
        """Make a webhook; what is wrong with it is told beside the fields."""
        form = await _form_of(request)
        name = form.get("name", "").strip()
        try:
            made = await self._admin.endpoints.create(name, document_of(form), new_secret="sign" in form)
        except ConflictError as error:
            return self._again(request, name, form, [Mistake("name", str(error))])
        except InvalidDocumentError as error:
            return self._again(request, name, form, error.mistakes)
        return self._done(request, made)

    @needs(Scope.ADMIN)
    async def edit(self, request: web.Request) -> web.Response:
        """Show a webhook in the form."""
        found = self._admin.endpoints.get(request.match_info["name"])
        if found.version is None:
            raise ConflictError(f"{found.name} stands in the configuration file: change it there, at {found.place}")
        mistakes = found.mistakes
        return self._form(request, found.name, fields_of(found.document), version=found.version, mistakes=mistakes)

    @needs(Scope.ADMIN)
    async def change(self, request: web.Request) -> web.Response:
        """Change a webhook."""
        name, form = request.match_info["name"], await _form_of(request)
        version = form.get("version")
        try:
            await self._admin.endpoints.change(name, document_of(form), expected=version)
        except ConflictError as error:
            return self._again(request, name, form, [Mistake("", f"{error}.")], version=version)
        except InvalidDocumentError as error:
            return self._again(request, name, form, error.mistakes, version=version)
        raise self._to_endpoint(name)

    @needs(Scope.ADMIN)
    async def rotate(self, request: web.Request) -> web.Response:
        """Give a webhook another secret; the one before signs for a day more."""
        return self._done(request, await self._admin.endpoints.rotate_secret(request.match_info["name"]))

    @needs(Scope.ADMIN)
    async def ask(self, request: web.Request) -> web.Response:
        """Ask whether a webhook is to go."""
        found = self._admin.endpoints.get(request.match_info["name"])
        report = await self._admin.target(found.target_id)
        return self._frame.page(request, "webhook_delete.html", endpoint=found, report=report)

    @needs(Scope.ADMIN)
    async def delete(self, request: web.Request) -> web.Response:
        """Delete a webhook."""
        await self._admin.endpoints.delete(request.match_info["name"])
        raise self._frame.to("/endpoints")

    def _done(self, request: web.Request, signed: Signed) -> web.Response:
        """Show the secret, this once; without one, go to the endpoint."""
        if signed.secret is None:
            raise self._to_endpoint(signed.endpoint.name)
        return self._frame.page(request, "webhook_secret.html", endpoint=signed.endpoint, secret=signed.secret)

    def _to_endpoint(self, name: str) -> web.HTTPSeeOther:
        return self._frame.to("/endpoints", *self._admin.endpoints.get(name).target_id)

    def _again(
        self,
        request: web.Request,
        name: str,
        form: MultiMapping[str],
        mistakes: Sequence[Mistake],
        version: str | None = None,
    ) -> web.Response:
        """Show a form as it was filled in, with what is wrong."""
        try:
            fields = fields_of(document_of(form))
        except InvalidDocumentError:
            without = MultiDict((field, value) for field, value in form.items() if field != "other")
            fields = fields_of(document_of(without))
        fields["other"] = form.get("other", "")
        return self._form(request, name, fields, mistakes=mistakes, version=version, sign="sign" in form)

    def _form(
        self,
        request: web.Request,
        name: str,
        fields: Mapping[str, Any],
        *,
        mistakes: Sequence[Mistake] = (),
        version: str | None = None,
        sign: bool = False,
    ) -> web.Response:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if mistakes and request.method == "POST" else HTTPStatus.OK
        told: dict[str, list[str]] = {}
        for mistake in mistakes:
            field, _, rest = mistake.path.replace("[", ".").partition(".")
            told.setdefault(field, []).append(f"{rest.rstrip(']')}: {mistake.message}" if rest else mistake.message)
        return self._frame.page(
            request,
            "webhook.html",
            status,
            name=name,
            fields=fields,
            told=told,
            seen=version,
            sign=sign,
            known_events=self._events,
            known_sources=self._sources,
            methods=METHODS,
            bodies=BODIES,
            kept=KEPT,
        )


async def _form_of(request: web.Request) -> MultiDict[str]:
    given = await request.post()
    return MultiDict((name, value) for name, value in given.items() if isinstance(value, str))
