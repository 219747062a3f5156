"""What pages refer to: style, scripts, icon. Each has its content's digest in its URL, so that it is fetched once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from aiohttp import web

from cockpit_gateway.errors import NotFoundError

PACKAGE = "cockpit_gateway.web.console"
"""Where templates and static files are."""

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}

FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    digest: str
    body: bytes
    content_type: str


class Assets:
    """Serves the files of `static`."""

    def __init__(self) -> None:
        self._assets = {
            file.name: _asset(file.name, file.read_bytes()) for file in (files(PACKAGE) / "static").iterdir()
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the route to add to an application."""
        return [web.get("/static/{digest}/{name}", self.serve)]

    def path(self, name: str) -> str:
        """Return the path of a file below the console's."""
        return f"/static/{self._assets[name].digest}/{name}"

    async def serve(self, request: web.Request) -> web.Response:
        """Send a file; of another version than was asked for, not for keeping."""
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise NotFoundError("there is no such file")
        kept = FOREVER if request.match_info["digest"] == asset.digest else "no-store"
        response = web.Response(
            body=asset.body, content_type=asset.content_type, charset="utf-8", headers={"Cache-Control": kept}
        )
        response.enable_compression()
        return response


def _asset(name: str, body: bytes) -> Asset:
    return Asset(hashlib.sha256(body).hexdigest()[:16], body, TYPES[name.rpartition(".")[2]])
