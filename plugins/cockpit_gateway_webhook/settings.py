"""The `webhook` section of the configuration."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

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

from cockpit_gateway.config import PluginConfig, Storable, catalogue_of
from cockpit_gateway.config.rules import CoalesceSetting
from cockpit_gateway.egress.tokens import ClientCredentials
from cockpit_gateway.expressions import Template
from cockpit_gateway.transports import (
    NetworkSettings,
    TargetName,
    TargetSettings,
    TemplateSetting,
    Url,
    refuse_forbidden,
    refuse_unknown,
)
from cockpit_gateway_webhook.fields import ContentType, HeaderName, HeaderValue, SigningSecret
from cockpit_gateway_webhook.secrets import new_secret, with_secret


class BasicAuth(PluginConfig):
    """HTTP Basic authentication (RFC 7617)."""

    user: str = Field(pattern=r"^[^:\x00-\x1f\x7f]+$", description="The user name.")
    password: HeaderValue = Field(description="The password.")


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


class Endpoint(NetworkSettings, TargetSettings):
    """One URL, which of the events go there, and how."""

    url: Url = Field(repr=False, description="Where to send: http:// or https://.")
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
    template: TemplateSetting | None = Field(
        None, description="The Jinja template of `body: template`; the filter `tojson` writes a value as JSON."
    )
    body: Literal["cockpit", "standard", "template"] = Field(
        "cockpit",
        validate_default=True,
        description="What is sent: the bytes that Cockpit sent, a Standard Webhooks object, or the template's text.",
    )
    content_type: ContentType = Field("application/json", description="The body's content type.")

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

    @field_validator("url")
    @classmethod
    def _may_be_reached(cls, url: str, info: ValidationInfo) -> str:
        refuse_forbidden(URL(url).host or "", info)
        return url

    @field_validator("oauth2")
    @classmethod
    def _tokens_may_be_reached(cls, oauth2: OAuth2 | None, info: ValidationInfo) -> OAuth2 | None:
        if oauth2 is not None:
            refuse_forbidden(URL(oauth2.token_url).host or "", info)
        return oauth2

    @model_validator(mode="after")
    def _tls_needs_https(self) -> Self:
        urls = [
            self.url,
            self.oauth2.token_url if self.oauth2 else "",
            self.proxy.get_secret_value() if self.proxy else "",
        ]
        if self.tls is not None and not any(url.startswith("https:") for url in urls):
            raise ValueError("tls is for https:// only, and the url begins with http://")
        return self

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

    @field_validator("body")
    @classmethod
    def _a_list_needs_a_body_for_lists(cls, body: str, info: ValidationInfo) -> str:
        coalesce: CoalesceSetting | None = info.data.get("coalesce")
        if coalesce is not None and coalesce.keep == "list" and body == "cockpit":
            raise ValueError("`coalesce.keep: list` sends several events at once: use `body: standard` or a template")
        return body

    @property
    def signing_secrets(self) -> list[tuple[SecretStr, float]]:
        """The secrets to sign with, each with when that ends in seconds since the Unix epoch; none for no signature."""
        secrets = self.secrets if self.secret is None else [self.secret]
        return [
            (secret.secret, secret.until.timestamp()) if isinstance(secret, ExpiringSecret) else (secret, math.inf)
            for secret in secrets
        ]


class Config(PluginConfig):
    """The webhook plugin: sends events to any number of endpoints."""

    endpoints: Annotated[dict[TargetName, Endpoint], Storable(new_secret, with_secret)] = Field(
        default_factory=dict, description="The endpoints by name. The name is an endpoint's identity: keep it."
    )
