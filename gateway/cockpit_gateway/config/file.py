"""A configuration file: read, and validated as a whole with every mistake in one go."""

from __future__ import annotations

import copy
import hashlib
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.discretion import Discretion
from cockpit_gateway.config.document import Document, nested_at
from cockpit_gateway.config.listen import parse_listen
from cockpit_gateway.config.models import Settings
from cockpit_gateway.config.problems import Data, Problem, config_error
from cockpit_gateway.config.problems import Path as PlaceInData
from cockpit_gateway.config.sentences import did_you_mean
from cockpit_gateway.config.showing import Exhibition, ShownSetting
from cockpit_gateway.config.tls import TlsError, server_context
from cockpit_gateway.config.validation import Validation
from cockpit_gateway.errors import ConfigError

_PLACE: tuple[PlaceInData, ...] = (("store",), ("server", "admin_socket"))
_LOADING: tuple[PlaceInData, ...] = (("plugins_dir",), ("plugin_modules",), ("disabled_plugins",), ("broken_plugins",))
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Config:
    """A validated configuration.

    Attributes:
        settings: The gateway's own settings.
        plugins: Each plugin's `Config`, by the plugin's name.
        file: The file that it stands in.
    """

    settings: Settings
    plugins: Mapping[str, PluginConfig]
    file: ConfigFile

    @property
    def discretion(self) -> Discretion:
        """What hides its secrets."""
        return Discretion([self.settings, *self.plugins.values()])


class ConfigFile:
    """A configuration as read, not yet validated.

    Args:
        name: What to call it in messages.
        text: The YAML text.
        directory: What `!file` paths are relative to.
        environ: Where `${VAR}` is looked up.
        path: Where it is on the disk, None if it is not.

    Raises:
        ConfigError: the text is not YAML.
    """

    def __init__(
        self, name: str, text: str, directory: Path, environ: Mapping[str, str], path: Path | None = None
    ) -> None:
        self._name = name
        self._environ = environ
        self._path = path
        self._text = text.removeprefix(_BYTE_ORDER_MARK)
        self._document = Document(self._text, name, directory, environ)

    @classmethod
    def read(cls, path: Path, environ: Mapping[str, str] = os.environ) -> ConfigFile:
        """Read a file.

        Args:
            path: The file; `!file` paths in it are relative to its directory.
            environ: Where `${VAR}` is looked up.

        Raises:
            ConfigError: it cannot be read, or is not YAML.
        """
        try:
            text = path.read_bytes().decode()
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: not UTF-8 text: see the byte at position {error.start}") from None
        return cls(str(path), text, path.parent, environ, path)

    @classmethod
    def from_text(cls, text: str, name: str, environ: Mapping[str, str] = os.environ) -> ConfigFile:
        """Take a text that is in memory; `!file` paths in it are relative to the working directory.

        Args:
            text: The YAML text.
            name: What to call it in messages.
            environ: Where `${VAR}` is looked up.

        Raises:
            ConfigError: it is not YAML.
        """
        return cls(name, text, Path(), environ)

    def read_again(self) -> ConfigFile:
        """Return the file as it is now; one that is not on the disk is as it was.

        Raises:
            ConfigError: it cannot be read, is not YAML, or is empty by now: whoever writes it has not come far.
        """
        if self._path is None:
            return self
        found = ConfigFile.read(self._path, self._environ)
        if self._document.data and not found._document.data:  # noqa: SLF001 - of the same class
            raise ConfigError(f"{self._path}: nothing stands in it any more")
        return found

    def with_defaults(self, defaults: Data) -> ConfigFile:
        """Return the same file with what its data lacks; nothing in that is expanded."""
        other = copy.copy(self)
        other._document = self._document.with_defaults(defaults)  # noqa: SLF001 - of the same class
        return other

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self._name

    def problem(self, path: PlaceInData, message: str) -> Problem:
        """Return a mistake that shows only in what else there is."""
        return Problem(path, self._document.span(path, key=True), message)

    def at(self, path: PlaceInData) -> Data:
        """Return what stands at a place, None for nothing; `${VAR}` and `!file` are expanded: never shown."""
        data = self._document.data
        for part in path:
            data = data.get(part) if isinstance(data, dict) and isinstance(part, str) else None
        return data

    def place_of(self, path: PlaceInData) -> str:
        """Return where something stands, "gateway.yaml:12"."""
        return f"{self._name}:{self._document.span(path, key=True).line + 1}"

    def hidden(self, text: str) -> str:
        """Return a text without what `${VAR}` and `!file` bring in, and what is known to be secret."""
        return self._document.secrets.out_of_text(text)

    @property
    def digest(self) -> str:
        """What tells this text from another."""
        return hashlib.sha256(self._text.encode()).hexdigest()[:16]

    @property
    def custom_events(self) -> list[str]:
        """The add-ons' events, as far as they can be made out before validation: the catalogue is made with them."""
        found = self._section("custom_events")
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []

    @property
    def secret_files(self) -> Collection[Path]:
        """The files that `!file` names."""
        return self._document.files

    @property
    def plugin_sections(self) -> Mapping[str, Data]:
        """The plugins' sections, not validated."""
        found = self._section("plugins")
        return found if isinstance(found, dict) else {}

    @property
    def place(self) -> Settings | None:
        """Where the gateway's store and socket are, whatever mistakes the rest has; None if these two have any.

        A shell may lack the daemon's environment, and still has to find the daemon; so does who asks it for a reload.
        """
        return self._part(_PLACE)

    @property
    def loading(self) -> Settings | None:
        """Where plugins come from, whatever mistakes the rest has; None if this has any."""
        return self._part(_LOADING)

    def validate(
        self,
        plugin_models: Mapping[str, type[PluginConfig] | None],
        catalogue: Catalogue,
        absent: Collection[str] = (),
    ) -> Config:
        """Validate the whole file.

        Args:
            plugin_models: The `Config` model of each loaded plugin, None for one without settings.
            catalogue: The known events, for the models' validators (`catalogue_of`).
            absent: Plugins that are not loaded: their sections stay as they are.

        Raises:
            ConfigError: with every mistake.
        """
        sources = self._section("sources")
        names = list(sources) if isinstance(sources, dict) else []
        validation = Validation(self._document, {"catalogue": catalogue, "sources": names})
        settings = validation.model(Settings, self._document.data)
        self._check_tokens(validation)
        if settings is not None:
            _check_tls(settings, validation)
        plugins = self._plugins(plugin_models, validation, absent)
        if settings is None or validation.problems:
            secrets = self._document.secrets
            told = [secrets.out_of(problem) for problem in validation.problems]
            raise config_error(told, self._name, self._text, secrets.places)
        return Config(settings, plugins, self)

    def shown(
        self, config: Config, plugin_models: Mapping[str, type[PluginConfig] | None], *, effective: bool = False
    ) -> list[ShownSetting]:
        """Return its settings without their secrets, each with its origin.

        Args:
            config: What `validate` has made of it.
            plugin_models: What it was validated with.
            effective: True for every setting; False for those that are written.
        """
        exhibition = Exhibition(self._document, plugin_models)
        return exhibition.effective(config.settings, config.plugins) if effective else exhibition.written()

    def _plugins(
        self, models: Mapping[str, type[PluginConfig] | None], validation: Validation, absent: Collection[str]
    ) -> dict[str, PluginConfig]:
        sections = self.plugin_sections
        for name, section in sections.items():
            if models.get(name) is None:
                self._document.cover(("plugins", name))
            if name in absent:
                continue
            if name not in models:
                nearest = did_you_mean(name, models) or f"; there are: {', '.join(sorted(models)) or 'none'}"
                validation.add(("plugins", name), f"no plugin {name!r} is installed{nearest}", at_key=True)
            elif models[name] is None and section:
                validation.add(("plugins", name), f"the plugin {name!r} has no settings", at_key=True)
        valid = {
            name: validation.model(model, sections.get(name), ("plugins", name))
            for name, model in models.items()
            if model is not None
        }
        return {name: config for name, config in valid.items() if config is not None}

    def _check_tokens(self, validation: Validation) -> None:
        """Refuse a source that anybody could post to; whatever other mistakes there are."""
        sources = self._section("sources")
        if self._listens_locally() or not isinstance(sources, dict):
            return
        for name, source in sources.items():
            if source is None or (isinstance(source, dict) and not source.get("tokens")):
                variable = re.sub(r"\W", "_", name, flags=re.ASCII).upper()
                validation.add(
                    ("sources", name),
                    "server.listen lets other machines post, so that this source needs a token",
                    at_key=True,
                    note=f'add under {name}: tokens: ["${{{variable}_TOKEN}}"]',
                )

    def _listens_locally(self) -> bool:
        """Tell whether only this machine can connect, as far as that can be made out."""
        server = self._section("server")
        given = server.get("listen") if isinstance(server, dict) else None
        try:
            return given is None or ("server", "listen") in self._document.broken or parse_listen(given).is_local
        except ValueError:
            return True

    def _part(self, places: Collection[PlaceInData]) -> Settings | None:
        """Return some of the settings, None if they have mistakes."""
        parts: dict[str, Data] = {}
        for place in places:
            if any(place[: len(path)] == path or path[: len(place)] == place for path in self._document.broken):
                return None
            if (value := self.at(place)) is not None:
                parts |= nested_at(place, value)
        try:
            return Settings.model_validate(parts)
        except ValidationError:
            return None

    def _section(self, name: str) -> Data:
        data = self._document.data
        return data.get(name) if isinstance(data, dict) else None


def _check_tls(settings: Settings, validation: Validation) -> None:
    """Refuse a certificate that a listener could not use."""
    for section, tls in (("server", settings.server.tls), ("api", settings.api.tls)):
        if tls is not None:
            try:
                server_context(tls)
            except TlsError as error:
                validation.add((section, "tls", error.setting), str(error))
