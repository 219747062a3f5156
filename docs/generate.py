"""Writes docs/reference, a how-to's table and the configuration's schema; --check only tells what is out of date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generators import api, cli, configuration, hooks, metrics, redaction, schema

REFERENCE = Path(__file__).parent / "reference"
PAGES = {
    "api.md": api.page,
    "cli.md": cli.page,
    "configuration.md": configuration.page,
    "hooks.md": hooks.page,
    "metrics.md": metrics.page,
}


def main() -> None:
    """Write or check every page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a page is out of date")
    check = parser.parse_args().check
    pages = {REFERENCE / name: page() for name, page in PAGES.items()}
    pages |= {redaction.PAGE: redaction.page(), schema.PAGE: schema.page()}
    outdated = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    if check and outdated:
        sys.exit(f"out of date: {', '.join(path.name for path in outdated)}; `make docs` writes them anew")
    for path in outdated:
        path.write_text(pages[path])


if __name__ == "__main__":
    main()
