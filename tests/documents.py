"""The documentation as test data: its pages, and the blocks of code in them."""

from __future__ import annotations

import re
import sys
import types
from dataclasses import dataclass
from pathlib import Path

from cockpit_gateway.contract import NAMESPACE

ROOT = Path(__file__).parents[1]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """One Markdown file.

    Attributes:
        path: Where it is, below the root.
    """

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def text(self) -> str:
        """What it says."""
        return (ROOT / self.path).read_text()

    def blocks(self, language: str) -> list[str]:
        """Return the blocks of code in a language."""
        return [code for found, code in _BLOCK.findall(self.text) if found == language]

    def commands(self) -> list[str]:
        """Return what is to be typed into a shell."""
        return [line for block in self.blocks("sh") for line in block.splitlines() if line]

    def plugins(self) -> dict[str, object]:
        """Return the plugins that the Python blocks define, by the names that its configuration would use."""
        found: dict[str, object] = {}
        for number, source in enumerate(self.blocks("python")):
            if "def test_" in source:
                continue
            module = types.ModuleType(f"example_{number}")
            sys.modules[module.__name__] = module  # pydantic looks for the types of annotations there
            exec(compile(source, f"{self.path}:{module.__name__}", "exec", dont_inherit=True), vars(module))
            classes = [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
            classes = [value for value in classes if isinstance(value, type) and _implements(value)]
            found |= {kind.__name__.lower().removesuffix("plugin"): kind for kind in classes} or {
                module.__name__: module
            }
        return found


def _implements(kind: type) -> bool:
    return any(hasattr(value, f"{NAMESPACE}_impl") for value in vars(kind).values())


def all_pages() -> list[Page]:
    """Return every page of the project."""
    paths = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return [Page(path.relative_to(ROOT)) for path in sorted(paths)]


def written_pages() -> list[Page]:
    """Return the pages that a person wrote; those of the reference are generated, or tested against captures."""
    return [page for page in all_pages() if "reference" not in page.path.parts]
