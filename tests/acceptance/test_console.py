"""`cockpit-gateway console`: a link into the console, by the running daemon."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from pathlib import Path

from commands import Site, eventually, site, terminal

CONSOLE = "sources: {website: {}}\napi: {listen: '127.0.0.1:0'}\n"


def test_a_link_opens_the_console_without_a_token(tmp_path: Path) -> None:
    house = site(tmp_path, CONSOLE)
    with house.daemon():
        link = house.text("console").strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/console/login\?code=[\w-]{43}", link)
        assert opens(link)
        assert not opens(link)
        assert opens(house.json("console")["url"])


def test_without_an_address_there_is_none(house: Site) -> None:
    assert house.run("console").returncode == 1
    with house.daemon():
        refused = house.run("console")
    assert refused.returncode == 1
    assert b"set api.listen" in refused.stderr


def test_the_first_screen_has_a_link(tmp_path: Path) -> None:
    house = site(tmp_path, CONSOLE)
    with terminal(house, "run") as (_, shown):
        eventually(lambda: "/console/login" in shown() and shown().endswith("\n"))
        link = re.search(r"http://\S+/console/login\?code=[\w-]+", shown())
        assert link
        assert opens(link[0])


def opens(link: str) -> bool:
    """Tell whether a link leads to the overview."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    try:
        with browser.open(link) as page:
            return "<h1>Overview</h1>" in page.read().decode()
    except urllib.error.HTTPError:
        return False
