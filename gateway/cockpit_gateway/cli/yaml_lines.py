"""Settings as YAML, each with its origin behind it: what can be read again, but for what is `***`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.text import Text

from cockpit_gateway.cli.output import out, visible
from cockpit_gateway.config import ShownSetting
from cockpit_gateway.config.showing import as_value

INDENT = "  "


def print_settings(settings: Sequence[ShownSetting]) -> None:
    """Print settings, on a terminal with colours."""
    for text, origin in _lines(settings, 0):
        key, colon, value = text.partition(":") if text.rstrip().endswith(":") or ": " in text else ("", "", text)
        line = Text.assemble((visible(key + colon), "cyan"), visible(value))
        if origin:
            line.append(f"  # {visible(origin)}", style="dim")
        out.print(line, soft_wrap=True)


def _lines(settings: Sequence[ShownSetting], depth: int) -> Iterator[tuple[str, str | None]]:
    """Yield lines of YAML, and the origin of those that are settings."""
    for part, group in groupby(settings, key=lambda setting: setting.path[depth] if len(setting.path) > depth else ""):
        inside = list(group)
        head = INDENT * depth + ("-" if isinstance(part, int) else f"{as_value(part)}:")
        if len(inside) == 1 and len(inside[0].path) == depth + 1:
            yield f"{head} {as_value(inside[0].value)}", inside[0].origin
        else:
            yield head, None
            yield from _lines(inside, depth + 1)
