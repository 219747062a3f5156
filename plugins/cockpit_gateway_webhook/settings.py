"""The `webhook` section of the configuration."""

from __future__ import annotations

import math
import ssl
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AwareDatetime,
    Discriminator,
    Field,
    SecretStr,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from yarl import URL

from cockpit_gateway import BacklogLimit, Breaker, Coalesce, RetrySchedule
from cockpit_gateway.config import (
    ConfiguredSource,
    Duration,
    EventPattern,
    PluginConfig,
    RateSetting,
    RetrySetting,
    Size,
    catalogue_of,
)
from cockpit_gateway.egress.policy import ForbiddenAddressError, NetworkPolicy
from cockpit_gateway.egress.tls import client_context
from cockpit_gateway.egress.tokens import ClientCredentials
from cockpit_gateway.expressions import Expression, Template
from cockpit_gateway.targets import DAY
from cockpit_gateway_webhook.fields import (
    AllowPrivate,
    ContentType,
    EndpointName,
    HeaderName,
    HeaderValue,
    KeySetting,
    LaneKey,
    ProxyUrl,
    SigningSecret,
    TemplateSetting,
    Url,
    WhenSetting,
    refuse_undeclared,
    refuse_unknown,
)

_Value = TypeVar("_Value")


class BasicAuth(PluginConfig):
    """HTTP Basic authentication (RFC 7617)."""

    user: str = Field(pattern=r"^[^:\x00-\x1f\x7f]+$", description="The user name.")
    password: HeaderValue = Field(description="The password.")


class CoalesceSetting(PluginConfig):
    """Merges a burst of events of one key into one delivery."""

    wait: Duration = Field(description="Without a newer event for so long, the burst is over.")
    max_wait: Duration = Field(description="A burst is delivered at the latest so long after its first event.")
    keep: Literal["last", "first", "list"] = Field(
        "last",
        description="Which event of the burst is sent; `list` for all of them in one request, up to 1000 events or "
        "4 MiB, which needs `body: standard` or a template. Cockpit sends only the changed fields of an entry, "
        "so the last event alone does not tell all that changed: keep `last` where an event is a trigger.",
    )

    @field_validator("max_wait")
    @classmethod
    def _not_less_than_wait(cls, max_wait: float, info: ValidationInfo) -> float:
        if max_wait < info.data.get("wait", 0.0):
            raise ValueError("max_wait is less than wait")
        return max_wait

    def rule(self) -> Coalesce:
        """Return it as the gateway's rule."""
        return Coalesce(self.wait, self.max_wait, self.keep)


class BreakerSetting(PluginConfig):
    """Leaves an endpoint alone that fails again and again, until one attempt finds it well."""

    failures: int = Field(default=10, ge=1, le=1000, description="It is left alone after so many failures in a row.")
    wait: Duration = Field(default=5.0, gt=0, description="So long at first, twice as long after each failed probe.")
    longest: Duration = Field(default=300.0, gt=0, description="At most so long, unless the endpoint asks for more.")

    def rule(self) -> Breaker:
        """Return it as the gateway's rule."""
        return Breaker(self.failures, self.wait, self.longest)


class BacklogSetting(PluginConfig):
    """How much may wait; beyond it the oldest deliveries are dead letters, which can be replayed."""

    age: Duration = Field(default=7 * DAY, gt=0, description="So long.")
    rows: int = Field(default=1_000_000, ge=1, description="So many deliveries.")
    size: Size = Field(default=1024**3, ge=1, description="So many bytes of events.", examples=["1 GiB"])

    def limit(self) -> BacklogLimit:
        """Return it as the gateway's rule."""
        return BacklogLimit(self.age, self.rows, self.size)


class ExpiringSecret(PluginConfig):
    """A secret that is on its way out."""

    secret: SigningSecret = Field(description="The secret.")
    until: AwareDatetime = Field(
        description="From then on it no longer signs: a time with its zone.", examples=["2026-12-01T00:00:00Z"]
    )


ListedSecret = Annotated[
    Annotated[SigningSecret, Tag("secret")] | Annotated[ExpiringSecret, Tag("expiring")],
    Discriminator(lambda value: "expiring" if isinstance(value, dict | ExpiringSecret) else "secret"),
]


class OAuth2(PluginConfig):
    """Access tokens by OAuth 2.0 client credentials (RFC 6749)."""

    token_url: Url = Field(description="Where tokens are asked for. The endpoint's network policy, proxy and TLS hold.")
    client_id: str = Field(min_length=1, description="The client.")
    client_secret: SecretStr = Field(description="Its secret.")
    scope: str | None = Field(None, min_length=1, description="What is asked for, words with spaces between them.")
    audience: str | None = Field(None, min_length=1, description="For whom the token is, if the server wants that.")
    auth: Literal["basic", "body"] = Field(
        "basic", description="Whether id and secret are sent by HTTP Basic or in the body."
    )

    def credentials(self) -> ClientCredentials:
        """Return what gets the tokens."""
        asked = {"scope": self.scope, "audience": self.audience}
        return ClientCredentials(
            url=self.token_url,
            client_id=self.client_id,
            client_secret=self.client_secret.get_secret_value(),
            parameters={name: value for name, value in asked.items() if value is not None},
            in_body=self.auth == "body",
        )


class Tls(PluginConfig):
    """How https is spoken."""

    ca: Path | None = Field(None, description="A file of certificates (PEM) to believe in place of the system's.")
    cert: Path | None = Field(
        None, description="The gateway's own certificate and its chain (PEM), for receivers that ask for one (mTLS)."
    )
    key: Path | None = Field(None, description="Its key (PEM), unless that is in the same file.")
    key_password: SecretStr | None = Field(None, description="What the key is encrypted with.")
    verify: bool = Field(
        default=True,
        description="false: believe any certificate, so that whoever is in between reads and changes what is sent; "
        "a warning at each start says so.",
    )

    @field_validator("key", "key_password")
    @classmethod
    def _only_with_a_certificate(cls, value: _Value, info: ValidationInfo) -> _Value:
        if value is not None and info.data.get("cert") is None:
            raise ValueError("it belongs to a certificate: add cert")
        return value

    @model_validator(mode="after")
    def _loads(self) -> Self:
        self.context()
        return self

    def context(self) -> ssl.SSLContext:
        """Return it as Python's TLS wants it."""
        password = None if self.key_password is None else self.key_password.get_secret_value()
        return client_context(ca=self.ca, cert=self.cert, key=self.key, key_password=password, verify=self.verify)


class Endpoint(PluginConfig):
    """One URL, which of the events go there, and how."""

    url: Url = Field(repr=False, description="Where to send: http:// or https://.")
    events: list[EventPattern] = Field(
        min_length=1,
        description="Cockpit's event names: exact (collections.save.after), of one collection, form or singleton "
        "(collections.save.after.posts), or patterns (collections.*). A pattern matches no noise: "
        "name an event such as collections.find.after in full.",
    )
    sources: list[ConfiguredSource] = Field(
        default_factory=list, description="Only events of these sources; empty for all."
    )
    when: WhenSetting | None = Field(
        None,
        description="Only events for which this Jinja expression is true, over `event` (name, type, source, label, "
        "hook, collection, form, singleton, subject …) and the event's arguments.",
    )
    active: bool = Field(default=True, description="false: nothing new is sent there, and what is pending is held.")
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = Field("POST", description="The HTTP method.")
    basic_auth: BasicAuth | None = Field(None, description="HTTP Basic authentication.")
    bearer: HeaderValue | None = Field(None, description="A token for `Authorization: Bearer`.")
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict, description="Further headers.")
    secret: SigningSecret | None = Field(
        None, description='Signs each request by Standard Webhooks: "whsec_" and base64 of 24 to 64 bytes.'
    )
    secrets: list[ListedSecret] = Field(
        default_factory=list,
        description="Several, while receivers change from one to the other; an old one can have an `until`.",
    )
    oauth2: OAuth2 | None = Field(None, description="Access tokens for `Authorization: Bearer`, got when needed.")
    proxy: ProxyUrl | None = Field(
        None,
        description="A proxy to go through: http://, https:// or socks5:// (needs the extra `socks`). It looks names "
        "up, and decides where requests may go.",
    )
    tls: Tls | None = Field(None, description="How https is spoken: whom to believe, and with which certificate.")
    allow_private: AllowPrivate = Field(
        default=False,
        validate_default=True,
        description="Whether it may be at a private address, this machine's own among them: true, or networks such as "
        "10.0.0.0/8. Link-local and metadata addresses are never allowed.",
    )
    template: TemplateSetting | None = Field(
        None, description="The Jinja template of `body: template`; the filter `tojson` writes a value as JSON."
    )
    body: Literal["cockpit", "standard", "template"] = Field(
        "cockpit",
        validate_default=True,
        description="What is sent: the bytes that Cockpit sent, a Standard Webhooks object, or the template's text.",
    )
    content_type: ContentType = Field("application/json", description="The body's content type.")
    timeout: Duration = Field(15.0, gt=0, le=600, description="Time budget of one attempt.")
    retry: RetrySetting = Field(default_factory=RetrySchedule, description="When to try again.")
    concurrency: int = Field(10, ge=1, le=1000, description="Attempts under way at once.")
    rate: RateSetting | None = Field(None, description="At most so many attempts per time.")
    key: KeySetting = Field(
        "subject",
        description="What order and coalescing go by: the event's `subject`, one lane for the whole `endpoint`, "
        "or a Jinja expression such as `event.collection`.",
    )
    ordered: bool = Field(default=False, description="true: of one key, one delivery at a time, oldest first.")
    coalesce: CoalesceSetting | None = Field(None, description="Merge bursts of one key.")

    breaker: BreakerSetting = Field(
        default_factory=BreakerSetting, description="When an endpoint that fails is left alone."
    )
    disable_after: Duration | None = Field(
        None,
        gt=0,
        description="After nothing but failures for so long, the endpoint is disabled until a person enables it, with "
        "warnings at 25, 50 and 75 %. By default as long as its retries last, at least a day.",
    )
    backlog: BacklogSetting = Field(default_factory=BacklogSetting, description="How much may wait.")
    pause_loops: bool = Field(
        default=False,
        description="true: pause the endpoint when its deliveries seem to cause the events that they are made of; "
        "false: only warn.",
    )

    @field_validator("when", "key")
    @classmethod
    def _each_event_has_its_arguments(cls, value: LaneKey | None, info: ValidationInfo) -> LaneKey | None:
        if isinstance(value, Expression):
            refuse_undeclared(value.names, info.data.get("events", ()), catalogue_of(info))
        return value

    @field_validator("template")
    @classmethod
    def _some_event_has_its_arguments(cls, template: Template | None, info: ValidationInfo) -> Template | None:
        if template is not None:
            refuse_unknown(template.names, info.data.get("events", ()), catalogue_of(info))
        return template

    @field_validator("bearer")
    @classmethod
    def _one_authentication(cls, bearer: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if bearer is not None and info.data.get("basic_auth") is not None:
            raise ValueError("basic_auth and bearer exclude each other: both are the Authorization header")
        return bearer

    @field_validator("oauth2")
    @classmethod
    def _no_other_authentication(cls, oauth2: OAuth2 | None, info: ValidationInfo) -> OAuth2 | None:
        others = [name for name in ("basic_auth", "bearer") if info.data.get(name) is not None]
        others += [f"the header {name}" for name in info.data.get("headers", ()) if name.lower() == "authorization"]
        if oauth2 is not None and others:
            raise ValueError(f"oauth2 and {others[0]} exclude each other: both are the Authorization header")
        return oauth2

    @field_validator("allow_private")
    @classmethod
    def _may_be_reached(cls, allowed: AllowPrivate, info: ValidationInfo) -> AllowPrivate:
        oauth2: OAuth2 | None = info.data.get("oauth2")
        urls = {"url": info.data.get("url"), "oauth2.token_url": oauth2 and oauth2.token_url}
        for setting, url in urls.items():
            try:
                NetworkPolicy(allowed).check_host(URL(url).host or "" if url else "")
            except ForbiddenAddressError as error:
                raise ValueError(f"{setting}: {error}") from None
        return allowed

    @field_validator("tls")
    @classmethod
    def _tls_needs_https(cls, tls: Tls | None, info: ValidationInfo) -> Tls | None:
        oauth2: OAuth2 | None = info.data.get("oauth2")
        proxy: SecretStr | None = info.data.get("proxy")
        urls = [
            info.data.get("url", "https:"),
            oauth2.token_url if oauth2 else "",
            proxy.get_secret_value() if proxy else "",
        ]
        if tls is not None and not any(url.startswith("https:") for url in urls):
            raise ValueError("tls is for https:// only, and the url begins with http://")
        return tls

    @field_validator("headers")
    @classmethod
    def _authorization_once(cls, headers: dict[str, SecretStr], info: ValidationInfo) -> dict[str, SecretStr]:
        authenticates = info.data.get("basic_auth") is not None or info.data.get("bearer") is not None
        if authenticates and any(name.lower() == "authorization" for name in headers):
            raise ValueError("Authorization is given twice: as a header, and by basic_auth or bearer")
        return headers

    @field_validator("secrets")
    @classmethod
    def _secret_or_secrets(cls, secrets: list[ListedSecret], info: ValidationInfo) -> list[ListedSecret]:
        if secrets and info.data.get("secret") is not None:
            raise ValueError("secret and secrets exclude each other: list them all under secrets")
        if secrets and all(isinstance(secret, ExpiringSecret) for secret in secrets):
            raise ValueError("each secret has an `until`: after the last one nothing would be signed; one needs none")
        return secrets

    @field_validator("body")
    @classmethod
    def _template_where_needed(cls, body: str, info: ValidationInfo) -> str:
        if "template" in info.data and (body == "template") != (info.data["template"] is not None):
            raise ValueError("`body: template` and `template: …` go together: one of them is missing")
        return body

    @field_validator("coalesce")
    @classmethod
    def _a_list_needs_a_body_for_lists(
        cls, coalesce: CoalesceSetting | None, info: ValidationInfo
    ) -> CoalesceSetting | None:
        if coalesce is not None and coalesce.keep == "list" and info.data.get("body") == "cockpit":
            raise ValueError("`keep: list` sends several events at once: it needs `body: standard` or a template")
        return coalesce

    @property
    def signing_secrets(self) -> list[tuple[SecretStr, float]]:
        """The secrets to sign with, each with when that ends in seconds since the Unix epoch; none for no signature."""
        secrets = self.secrets if self.secret is None else [self.secret]
        return [
            (secret.secret, secret.until.timestamp()) if isinstance(secret, ExpiringSecret) else (secret, math.inf)
            for secret in secrets
        ]

    @property
    def policy(self) -> NetworkPolicy:
        """Where requests may go."""
        return NetworkPolicy(self.allow_private)

    @property
    def proxy_url(self) -> str | None:
        """The proxy's URL, with its password."""
        return None if self.proxy is None else self.proxy.get_secret_value()

    @property
    def tls_context(self) -> ssl.SSLContext | None:
        """How https is spoken, None as the system does."""
        return None if self.tls is None else self.tls.context()


class Config(PluginConfig):
    """The webhook plugin: sends events to any number of endpoints."""

    endpoints: dict[EndpointName, Endpoint] = Field(
        default_factory=dict, description="The endpoints by name. The name is an endpoint's identity: keep it."
    )
