from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cockpit_gateway.cli import output

HOSTILE = "\x1b[2J\x1b]0;owned\x07 [red]x[/] \x9b31m \u202egnp.exe \ud800"


def printed(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object], *, terminal: bool, width: int = 200) -> str:
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=terminal, width=width, markup=False, emoji=False, highlight=False, color_system=None
    )
    monkeypatch.setattr(output, "out", console)
    action()
    return file.getvalue()


@given(st.text())
def test_visible_text_is_one_line_without_control_characters(text: str) -> None:
    shown = output.visible(text)
    assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in shown)
    assert shown.splitlines() in ([shown], [])
    shown.encode()


@given(st.text())
def test_what_json_shows_is_still_the_same_json(text: str) -> None:
    shown = output.visible(json.dumps({"value": text}, indent=2, ensure_ascii=False), lines=True)
    assert json.loads(shown) == {"value": text}


def test_harmless_text_stays_as_it_is() -> None:
    assert output.visible("Grüße, 東京 👩\u200d🚀 \u00a0 posts") == "Grüße, 東京 👩\u200d🚀 \u00a0 posts"


@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_hostile_reaches_the_terminal(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    def everything() -> None:
        output.print_text(HOSTILE)
        output.print_json({HOSTILE: [HOSTILE]})
        output.print_table(("id", "reason"), [(1, HOSTILE), (2, HOSTILE)])
        output.print_fields({"reason": HOSTILE})

    shown = printed(monkeypatch, everything, terminal=terminal)
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\ud800"} & set(shown)
    assert shown.count("[red]x[/]") == 6
    assert "\\u001b[2J" in shown


def test_a_piped_table_is_aligned_text_without_trailing_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("1", "東京", None), ("22", "a", "dead")]
    shown = printed(monkeypatch, lambda: output.print_table(("id", "name", "state"), rows), terminal=False, width=10)
    assert shown == "ID  NAME  STATE\n1   東京\n22  a     dead\n"


def test_a_table_on_a_terminal_never_cuts_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    identifier = "0199f3a4-7c1e-7bbb-8000-0123456789ab"
    rows = [(identifier, "collections.save.after.a-rather-long-name", "x" * 300)]
    shown = printed(monkeypatch, lambda: output.print_table(("id", "event", "reason"), rows), terminal=True, width=80)
    assert identifier in shown
    assert "x" * 300 in shown


def test_a_table_that_fits_a_terminal_folds_its_last_column(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("1", "x" * 100)]
    shown = printed(monkeypatch, lambda: output.print_table(("id", "reason"), rows), terminal=True, width=40)
    assert shown.count("x") == 100
    assert max(map(len, shown.splitlines())) <= 40


def test_an_empty_table_on_a_terminal_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, lambda: output.print_table(("id",), []), terminal=True) == "none\n"


def test_fields_without_a_value_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"id": 0, "label": None, "body": "", "source": "shop"}
    assert printed(monkeypatch, lambda: output.print_fields(fields), terminal=False) == "id      0\nsource  shop\n"


def test_the_next_page_is_named_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, lambda: output.print_more(17), terminal=True) == "more: --cursor 17\n"
    assert printed(monkeypatch, lambda: output.print_more(17), terminal=False) == ""
    assert printed(monkeypatch, lambda: output.print_more(None), terminal=True) == ""


def test_json_as_deep_as_php_allows_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    deep: list[object] = []
    for _ in range(511):
        deep = [deep]
    shown = printed(monkeypatch, lambda: output.print_json(deep), terminal=True, width=80)
    assert json.loads(shown) == deep
