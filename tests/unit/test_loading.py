"""Where plugins come from, and what becomes of those that cannot be loaded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cockpit_gateway import loading
from cockpit_gateway.errors import PluginError
from cockpit_gateway.loading import PluginSources, disabled_by
from cockpit_gateway.registry import LoadedPlugin, PluginStatus, Registry

DISTRIBUTIONS = Path(__file__).parents[1] / "data" / "distributions"
FAULTY = {"good", "import-error", "bad-parameter", "typo", "unmarked", "blocked", "hangs"}

HANDLER = """
from cockpit_gateway import hookimpl

@hookimpl
def collections_save_after(entry):
    pass
"""
CLASS = """
from cockpit_gateway import hookimpl

class Base:
    pass

class Search(Base):
    @hookimpl
    def any_event(self, event):
        pass
"""


@pytest.fixture(scope="module")
def faulty() -> dict[str, LoadedPlugin]:
    """Load the faulty distributions, one of them disabled; once, because one of them hangs for ever."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DISTRIBUTIONS))
        patch.setattr(loading, "PATIENCE", 0.5)
        found = Registry.load(PluginSources(disabled=frozenset({"blocked"}))).plugins
    assert found.keys() >= FAULTY
    return found


def test_one_that_works_is_loaded_whatever_others_do(faulty: dict[str, LoadedPlugin]) -> None:
    assert faulty["good"].status is PluginStatus.LOADED
    assert faulty["good"].hooks == ("collections_save_after",)
    assert (faulty["good"].distribution, faulty["good"].version) == ("cockpit-gateway-good", "1.2.3")
    assert faulty["webhook"].status is PluginStatus.LOADED


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("import-error", ["ModuleNotFoundError: No module named 'no_such_module'", "faulty_import_error.py:3"]),
        ("bad-parameter", ["collections_save_after has no parameter 'nane', did you mean 'name'?"]),
        ("typo", ["there is no hook 'colections_save_after', did you mean 'collections_save_after'?"]),
        ("unmarked", ["implements no hook: collections_save_after looks like one", "@hookimpl"]),
        ("hangs", ["its import does not end, for 0.5 seconds by now", "faulty_hangs.py:5", "Event().wait()"]),
    ],
)
def test_each_mistake_is_told(faulty: dict[str, LoadedPlugin], name: str, says: list[str]) -> None:
    assert faulty[name].status is PluginStatus.BROKEN
    for part in says:
        assert part in (faulty[name].problem or "")
    own = [line for line in (faulty[name].problem or "").splitlines()[1:] if line.startswith("  ")]
    assert all("faulty_" in line for line in own)


def test_a_disabled_one_is_listed_and_not_imported(faulty: dict[str, LoadedPlugin]) -> None:
    assert faulty["blocked"].status is PluginStatus.DISABLED
    assert (faulty["blocked"].distribution, faulty["blocked"].hooks) == ("cockpit-gateway-blocked", ())
    assert "FAULTY_BLOCKED_WAS_IMPORTED" not in os.environ


def test_all_but_the_gateways_own_can_be_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DISTRIBUTIONS))
    registry = Registry.load(PluginSources(disabled=frozenset({"*"})))
    assert registry.disabled >= FAULTY
    assert set(registry.config_models()) >= {"redact", "webhook"}
    assert not registry.broken


@pytest.mark.parametrize(
    ("value", "names"), [("", set()), ("slack", {"slack"}), ("slack, smtp,", {"slack", "smtp"}), ("*", {"*"})]
)
def test_the_environment_disables_too(value: str, names: set[str]) -> None:
    assert disabled_by({"COCKPIT_GATEWAY_DISABLED_PLUGINS": value}) == names
    assert disabled_by({}) == set()


def test_each_file_of_a_directory_is_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "audit.py").write_text(HANDLER)
    (tmp_path / "search-index.py").write_text(CLASS)
    (tmp_path / "_helpers.py").write_text("raise RuntimeError")
    (tmp_path / "notes.txt").write_text("no plugin")
    (tmp_path / "broken.py").write_text("def oh(:\n    pass\n")
    plugins = Registry.load(PluginSources(tmp_path)).plugins
    assert plugins["audit"].hooks == ("collections_save_after",)
    assert plugins["audit"].place == str(tmp_path / "audit.py")
    assert plugins["search-index"].hooks == ("any_event",)
    assert "SyntaxError" in (plugins["broken"].problem or "")
    assert f"{tmp_path}/broken.py" in (plugins["broken"].problem or "")
    assert not {"_helpers", "notes"} & plugins.keys()


def test_a_file_with_several_plugins_says_so(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(CLASS + CLASS.replace("Search", "Cache"))
    assert "several classes in it implement hooks: Search, Cache" in (
        Registry.load(PluginSources(tmp_path)).plugins["two"].problem or ""
    )


def test_a_class_with_two_names_is_one_plugin(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(CLASS + "plugin = Search\n")
    assert Registry.load(PluginSources(tmp_path)).plugins["one"].hooks == ("any_event",)


def test_a_directory_that_does_not_exist_is_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PluginError, match=f"there is no directory {tmp_path}/nowhere$"):
        Registry.load(PluginSources(Path("nowhere")))


def test_modules_are_imported_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "loading_company.py").write_text(HANDLER + CLASS + "instance = Search()\n")
    references = {
        "module": "loading_company",
        "class": "loading_company:Search",
        "object": "loading_company:instance",
        "nothing": "loading_company:Finder",
        "nowhere": "loading_companies",
    }
    plugins = Registry.load(PluginSources(modules=references)).plugins
    assert plugins["module"].hooks == ("collections_save_after",)
    assert plugins["class"].hooks == plugins["object"].hooks == ("any_event",)
    assert plugins["class"].place == "loading_company:Search"
    assert "has no attribute 'Finder'" in (plugins["nothing"].problem or "")
    assert "No module named 'loading_companies'" in (plugins["nowhere"].problem or "")
