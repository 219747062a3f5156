"""The table of built-in rules in docs/how-to/redact-more.md, from the rules of the redact plugin."""

from __future__ import annotations

import re
from pathlib import Path

from cockpit_gateway_redact.rules import Rule, built_in_rules
from generators.markdown import listed, plain, table

PAGE = Path(__file__).parents[1] / "how-to" / "redact-more.md"
BEGIN = "<!-- From rules.yaml, by docs/generate.py. -->"
END = "<!-- End of the rules. -->"


def page() -> str:
    """Return the page with today's rules in its table; the rest of it is written by hand."""
    rules = table(["in", "is masked", "because"], map(_row, built_in_rules()))
    between = re.compile(f"(?<={re.escape(BEGIN)}).*(?={re.escape(END)})", re.DOTALL)
    return between.sub(lambda _: f"\n\n{rules}\n\n", PAGE.read_text())


def _row(rule: Rule) -> list[str]:
    events = "every event" if rule.events == ["*"] else listed(rule.events, "and")
    texts = [f"what matches {listed(value.pattern for value in rule.values)}"] if rule.values else []
    paths = [listed(rule.paths, "and")] if rule.paths else []
    return [events, "; ".join(paths + texts), plain(rule.why)]
