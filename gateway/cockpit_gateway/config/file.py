"""A configuration file: read, validated as a whole, with every mistake in one go."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config import problems as reporting
from cockpit_gateway.config.document import Document
from cockpit_gateway.config.models import PluginConfig, Settings
from cockpit_gateway.config.problems import Problem
from cockpit_gateway.config.sentences import sentence
from cockpit_gateway.errors import ConfigError

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Config:
    """A validated configuration.

    Attributes:
        settings: The gateway's own settings.
        plugins: Each plugin's `Config`.
    """

    settings: Settings
    plugins: Mapping[str, PluginConfig]


class ConfigFile:
    """A configuration as read, not yet validated.

    Args:
        name: What to call it in messages.
        text: The YAML text.
        directory: What `!file` paths are relative to.
        environ: Where `${VAR}` is looked up.
    """

    def __init__(self, name: str, text: str, directory: Path, environ: Mapping[str, str]) -> None:
        self._name = name
        self._text = text
        self._document = Document(text, directory, environ)

    @classmethod
    def read(cls, path: Path, environ: Mapping[str, str] = os.environ) -> ConfigFile:
        """Read a file.

        Raises:
            ConfigError: it cannot be read.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{path}: is not UTF-8 text") from None
        return cls(str(path), text, path.parent, environ)

    @classmethod
    def from_text(cls, text: str, name: str, environ: Mapping[str, str] = os.environ) -> ConfigFile:
        """Take a text that is already in memory; `!file` paths are relative to the working directory."""
        return cls(name, text, Path(), environ)

    @property
    def custom_events(self) -> list[str]:
        """The add-ons' events, as far as they can be made out before validation."""
        found = self._section("custom_events")
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []

    @property
    def plugin_sections(self) -> Mapping[str, object]:
        """The plugins' sections, not validated."""
        found = self._section("plugins")
        return found if isinstance(found, dict) else {}

    @property
    def place(self) -> Settings | None:
        """Where the gateway is (`server` and `store`), whatever mistakes the rest has; None if these two have any.

        A shell may lack the daemon's environment, and still has to find the daemon.
        """
        sections = {name: self._section(name) for name in ("server", "store")}
        try:
            return Settings.model_validate({name: given for name, given in sections.items() if given is not None})
        except ValidationError:
            return None

    def validate(self, plugin_models: Mapping[str, type[PluginConfig] | None], catalogue: Catalogue) -> Config:
        """Validate the whole file.

        Args:
            plugin_models: The `Config` model of each plugin, None for one without settings.
            catalogue: The known events.

        Raises:
            ConfigError: with every mistake.
        """
        found = list(self._document.problems)
        context = {"catalogue": catalogue}
        settings = self._model(Settings, self._document.data, (), context, found)
        sections = self.plugin_sections
        found += self._unknown_plugins(sections, plugin_models)
        plugins = {
            name: self._model(
                model, {} if sections.get(name) is None else sections[name], ("plugins", name), context, found
            )
            for name, model in plugin_models.items()
            if model is not None
        }
        found += self._settings_without_model(sections, plugin_models)
        if settings is not None:
            found += self._open_sources(settings)
        if found or settings is None:
            raise ConfigError(reporting.render(found, self._name, self._text, self._document.secrets))
        return Config(settings, {name: config for name, config in plugins.items() if config is not None})

    def _section(self, name: str) -> object:
        data = self._document.data
        return data.get(name) if isinstance(data, dict) else None

    def _model(
        self,
        model: type[_Model],
        data: object,
        above: reporting.Path,
        context: Mapping[str, object],
        found: list[Problem],
    ) -> _Model | None:
        """Return the validated model; None, with the mistakes added to `found`, if it has any."""
        try:
            return model.model_validate(data, context=dict(context))
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                path = above + _known_part(detail["loc"], data)
                unknown = detail["type"] == "extra_forbidden"
                found.append(self._problem(path, sentence(detail, model), at_key=unknown))
        return None

    def _unknown_plugins(self, sections: Iterable[str], known: Iterable[str]) -> list[Problem]:
        installed = list(known)
        return [
            self._problem(
                ("plugins", name), f"no plugin {name!r} is installed{_did_you_mean(name, installed)}", at_key=True
            )
            for name in sections
            if name not in installed
        ]

    def _settings_without_model(
        self, sections: Mapping[str, object], models: Mapping[str, type[PluginConfig] | None]
    ) -> list[Problem]:
        return [
            self._problem(("plugins", name), f"the plugin {name!r} has no settings", at_key=True)
            for name, section in sections.items()
            if section and name in models and models[name] is None
        ]

    def _open_sources(self, settings: Settings) -> list[Problem]:
        if settings.server.listen.is_local:
            return []
        message = "the gateway listens beyond this machine, so the source needs a token; add:  "
        return [
            self._problem(
                ("sources", name), f'{message}tokens: ["${{{name.upper().replace("-", "_")}_TOKEN}}"]', at_key=True
            )
            for name, source in settings.sources.items()
            if not source.tokens
        ]

    def _problem(self, path: reporting.Path, message: str, *, at_key: bool = False) -> Problem:
        return Problem(path, self._document.span(path, key=at_key), message)


def _known_part(location: tuple[int | str, ...], data: object) -> reporting.Path:
    """Return the part of pydantic's location that stands in the data: it names union members and keys too."""
    path: list[int | str] = []
    for part in location:
        held = part in data if isinstance(data, dict) else isinstance(data, list) and part in range(len(data))
        if not held:
            break
        data = data[part]  # type: ignore[index]
        path.append(part)
    return tuple(path)


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    return f", did you mean {nearest[0]!r}?" if nearest else ""
