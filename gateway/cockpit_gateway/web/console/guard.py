"""The guard of the console: whom it lets in, to what, and what a browser may do with a page."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Collection
from http import HTTPStatus

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from cockpit_gateway.errors import NotFoundError
from cockpit_gateway.web.access import needed_by
from cockpit_gateway.web.console.frame import SESSION, Frame
from cockpit_gateway.web.console.sessions import Session, Sessions
from cockpit_gateway.web.problems import Problem, problem_of, require_unanswered

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

FORM_TOKEN = "form_token"  # noqa: S105 - a field's name

FORM = "application/x-www-form-urlencoded"

LARGEST_FORM = 256 * 1024
"""Bytes of a form."""

_HOST = re.compile(r"(?:\[(?P<six>[^\[\]]*)\]|(?P<name>[^\[\]:]*))(?::\d*)?")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Say what a browser may do with an answer; nothing of it is kept, unless the answer says so itself."""
    response.headers.update(HEADERS)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


class Guard:
    """Lets in who may see and do what is asked for.

    Args:
        sessions: Recognises them.
        frame: Makes the pages that refuse.
        names: The host names by which the console is reached; empty for any.
        base_path: What stands before every path, for problems.
    """

    def __init__(self, sessions: Sessions, frame: Frame, names: Collection[str], base_path: str) -> None:
        self._sessions = sessions
        self._frame = frame
        self._names = names
        self._base_path = base_path

    def middleware(self) -> Middleware:
        """Return it as a middleware."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                await self._check(request)
                return await handler(request)
            except ConnectionError:
                raise
            except Exception as error:  # noqa: BLE001 - the last line of defence: a page, not a traceback
                require_unanswered(request, error)
                return self._refusal(request, error)

        return guard

    async def _check(self, request: web.Request) -> None:
        self._require_name(request)
        changes = request.method not in (hdrs.METH_GET, hdrs.METH_HEAD)
        if changes:
            _require_own_site(request)
            await _require_small_form(request)
        needed = needed_by(request.match_info.handler)
        is_open = needed is None and request.match_info.http_exception is None
        session = None if is_open else await self._session(request)
        if session is not None:
            request[SESSION] = session
        if needed is None:
            return
        if session is None:
            raise self._to_login(request)
        if session.scope < needed:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                f"{session.who} may {session.scope.name.lower()}, and this needs {needed.name.lower()}.",
            )
        if changes:
            await _require_form_token(request, session)
            log.info("asked by the console", client=session.who, method=request.method, path=request.path)

    async def _session(self, request: web.Request) -> Session | None:
        """Return the session of a request, unless it has ended; whoever leaves may, though the store be away."""
        session = self._sessions.of(request)
        leaves = request.path == self._frame.url("/logout")
        if session is None or (not leaves and await self._sessions.has_ended(session)):
            return None
        return session

    def _require_name(self, request: web.Request) -> None:
        """Refuse a name that is not ours: another site's that leads here, so that its pages could read ours."""
        found = _HOST.fullmatch(request.host)
        name = "" if found is None else (found["six"] or found["name"]).lower()
        if self._names and name not in self._names and not _is_loopback(name):
            raise Problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"This console is not called {name!r}. If it is, through a proxy, add the name to the configuration, "
                f"under api: hosts: [{name}]",
            )

    def _to_login(self, request: web.Request) -> web.HTTPException:
        wanted = request.raw_path.removeprefix(self._frame.root) if request.method == hdrs.METH_GET else None
        return self._frame.to("/login", to=None if wanted == "/" else wanted)

    def _refusal(self, request: web.Request, error: Exception) -> web.StreamResponse:
        if isinstance(error, web.HTTPMove):
            return web.Response(status=error.status, headers={hdrs.LOCATION: str(error.location)})
        if isinstance(error, web.HTTPNotFound):
            error = NotFoundError("There is no such page.")
        problem = problem_of(error, request, self._base_path)
        response = self._frame.page(
            request, "problem.html", problem.status, title=problem.status.phrase, problem=problem.detail
        )
        response.headers.update(problem.headers)
        return response


def _require_own_site(request: web.Request) -> None:
    """Refuse what another site's page has sent."""
    origin = request.headers.get(hdrs.ORIGIN)
    site = request.headers.get("Sec-Fetch-Site")
    own = site in ("same-origin", "none") if site else origin is None or origin.partition("://")[2] == request.host
    if not own:
        raise Problem(HTTPStatus.FORBIDDEN, "This was sent by the page of another site; nothing was done.")


async def _require_small_form(request: web.Request) -> None:
    """Refuse what is no form of ours before anything of it is read: whoever has no session can send one, too."""
    if not request.body_exists:
        return
    is_utf8 = (request.charset or "utf-8").lower() == "utf-8"
    if request.content_type != FORM or not is_utf8 or hdrs.CONTENT_ENCODING in request.headers:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A form is sent as {FORM}, in UTF-8, and not compressed.")
    if request.content_length is None:
        raise Problem(HTTPStatus.LENGTH_REQUIRED, "A form is sent with its length.")
    if request.content_length > LARGEST_FORM:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A form has no more than {LARGEST_FORM} bytes.")
    try:
        await request.post()
    except UnicodeDecodeError:
        raise Problem(HTTPStatus.BAD_REQUEST, "The form is not in UTF-8.") from None


async def _require_form_token(request: web.Request, session: Session) -> None:
    token = (await request.post()).get(FORM_TOKEN)
    given = token.encode() if isinstance(token, str) else b""
    if not hmac.compare_digest(given, session.form_token.encode()):
        raise Problem(HTTPStatus.FORBIDDEN, "The form is of another session; load its page again, and repeat.")


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
