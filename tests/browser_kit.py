"""What tests of the console share: a gateway to look at, and a visitor who notices everything that a page does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from console_kit import ALL
from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response

from cockpit_gateway.testing import GatewayTester

AUDIT = (Path(__file__).parent / "browser" / "audit.js").read_text()

WIDE, NARROW = (1280, 800), (360, 740)


class Visitor:
    """Somebody who looks at a console; what a page must not do is noted.

    Attributes:
        page: The browser's page.
        complaints: What the browser complained of, and what was asked of others.
    """

    def __init__(self, page: Page, console: str) -> None:
        self.page = page
        self.console = console
        self.complaints: list[str] = []
        self._host = console.partition("/console")[0]
        page.on("console", self._told)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", self._asked)
        page.on("response", self._answered)

    async def open(self, path: str) -> Self:
        """Go to a page below the console's path."""
        await self.page.goto(self.console + path)
        return self

    async def log_in(self, token: str) -> Self:
        """Log in by a token."""
        await self.open("/login")
        await self.page.get_by_label("Token of a client").fill(token)
        await self.page.get_by_role("button", name="Log in").click()
        await self.page.get_by_role("heading", name="Overview", exact=True).wait_for()
        return self

    async def text(self) -> str:
        """Return what is to be read."""
        return await self.page.locator("main").inner_text()

    async def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        wider: int = await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return max(0, wider)

    async def barriers(self) -> list[str]:
        """Return what is wrong with the page for whoever sees little, hears it, or uses no mouse."""
        found: list[str] = await self.page.evaluate(AUDIT)
        return found

    async def photograph(self, path: Path) -> None:
        """Take a picture of what the window shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=path, animations="disabled")

    def _told(self, message: ConsoleMessage) -> None:
        self.complaints.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self._host, "data:")):
            self.complaints.append(f"asked another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} from {response.url}")


@asynccontextmanager
async def visiting(
    browser: Browser,
    gateway: GatewayTester,
    token: str | None = ALL,
    *,
    size: tuple[int, int] = WIDE,
    dark: bool = False,
    scripts: bool = True,
) -> AsyncIterator[Visitor]:
    """Look at a gateway's console, logged in by a token; what the browser complains of fails the test."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    try:
        visitor = Visitor(await context.new_page(), f"{gateway.gateway.listeners.api_address}/console")
        if token is not None:
            await visitor.log_in(token)
        yield visitor
        assert not visitor.complaints, visitor.complaints
    finally:
        await context.close()
