"""The `webhook` section of the configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

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
from cockpit_gateway.expressions import Expression, Template
from cockpit_gateway.targets import DAY
from cockpit_gateway_webhook.fields import (
    ContentType,
    EndpointName,
    HeaderName,
    HeaderValue,
    KeySetting,
    LaneKey,
    SigningSecret,
    TemplateSetting,
    Url,
    WhenSetting,
    refuse_undeclared,
    refuse_unknown,
)


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
    secrets: list[SigningSecret] = Field(
        default_factory=list, description="Several, while receivers change from one to the other."
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

    @field_validator("headers")
    @classmethod
    def _authorization_once(cls, headers: dict[str, SecretStr], info: ValidationInfo) -> dict[str, SecretStr]:
        authenticates = info.data.get("basic_auth") is not None or info.data.get("bearer") is not None
        if authenticates and any(name.lower() == "authorization" for name in headers):
            raise ValueError("Authorization is given twice: as a header, and by basic_auth or bearer")
        return headers

    @field_validator("secrets")
    @classmethod
    def _secret_or_secrets(cls, secrets: list[SecretStr], info: ValidationInfo) -> list[SecretStr]:
        if secrets and info.data.get("secret") is not None:
            raise ValueError("secret and secrets exclude each other: list them all under secrets")
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
    def signing_secrets(self) -> list[SecretStr]:
        """The secrets to sign with, none for no signature."""
        return [self.secret] if self.secret is not None else self.secrets


class Config(PluginConfig):
    """The webhook plugin: sends events to any number of endpoints."""

    endpoints: dict[EndpointName, Endpoint] = Field(
        default_factory=dict, description="The endpoints by name. The name is an endpoint's identity: keep it."
    )
