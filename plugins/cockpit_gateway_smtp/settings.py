"""The `smtp` section of the configuration."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from cockpit_gateway.config import Duration, PluginConfig, catalogue_of
from cockpit_gateway.egress.policy import NetworkPolicy
from cockpit_gateway.expressions import Template
from cockpit_gateway.transports import (
    AllowPrivate,
    TargetName,
    TargetSettings,
    TemplateSetting,
    Tls,
    refuse_forbidden,
    refuse_unknown,
)
from cockpit_gateway_smtp.mailboxes import parse_mailbox

PORTS = {"starttls": 587, "tls": 465, "none": 25}


def _check_mailbox(text: str) -> str:
    parse_mailbox(text)
    return text


Mailbox = Annotated[str, AfterValidator(_check_mailbox)]
"""One mail address, with a name before it or without."""


class MailServer(PluginConfig):
    """The SMTP server that takes the mail in."""

    allow_private: AllowPrivate = Field(
        default=False,
        validate_default=True,
        description="Whether it may be at a private address, this machine's own among them: true, or networks such as "
        "10.0.0.0/8.",
    )
    host: str = Field(pattern=r"^[^\s/@]+$", description="Its name or address.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How the connection is secured: after a greeting in the clear, from the first byte, or not at "
        "all. The certificate has to be valid for the host.",
    )
    port: int | None = Field(
        None, ge=1, le=65535, description="By default 587 with `starttls`, 465 with `tls`, 25 with `none`."
    )
    user: str | None = Field(None, min_length=1, description="The user name, if it wants one.")
    password: SecretStr | None = Field(None, description="The password.")
    tls: Tls | None = Field(None, description="Whom to believe, and with which certificate to prove who sends.")

    @field_validator("host")
    @classmethod
    def _may_be_reached(cls, host: str, info: ValidationInfo) -> str:
        refuse_forbidden(host, info)
        return host

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together: one of them is missing")
        if self.security == "none" and self.password is not None:
            raise ValueError("without TLS the password could be read on the way: use `security: starttls` or `tls`")
        if self.security == "none" and self.tls is not None:
            raise ValueError("tls is for `security: starttls` or `tls`")
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or PORTS[self.security]

    @property
    def policy(self) -> NetworkPolicy:
        """Where the server may be."""
        return NetworkPolicy(self.allow_private)


class Mail(TargetSettings):
    """One kind of mail: which of the events it tells of, to whom, and in what words."""

    sender: Mailbox = Field(alias="from", description='From whom, such as "Cockpit <cockpit@example.org>".')
    to: list[Mailbox] = Field(
        min_length=1,
        description="To whom. All see each other, and all wait for one whose mailbox is full for a while: whoever "
        "should not gets a mail of their own.",
    )
    subject: TemplateSetting = Field(description="The subject, a Jinja template; it becomes one line.")
    body: TemplateSetting = Field(description="The text, a Jinja template over `event` and its arguments.")
    html: TemplateSetting | None = Field(
        None,
        description="The same as HTML, for readers that show it; what `{{ … }}` writes is escaped, unless it goes "
        "through the filter `safe`.",
    )

    timeout: Duration = Field(
        60.0, gt=0, le=600, description="Time budget of one attempt; servers look at a mail before they take it."
    )

    @field_validator("subject", "body", "html")
    @classmethod
    def _some_event_has_its_arguments(cls, template: Template | None, info: ValidationInfo) -> Template | None:
        if template is not None:
            refuse_unknown(template.names, info.data.get("events", ()), catalogue_of(info))
        return template


class Config(PluginConfig):
    """The smtp plugin: mail about what happened."""

    server: MailServer | None = Field(None, description="Where mail is handed in.")
    mails: dict[TargetName, Mail] = Field(
        default_factory=dict, description="The mails by name. The name is a mail's identity: keep it."
    )

    @field_validator("server")
    @classmethod
    def _has_the_extra(cls, server: MailServer | None) -> MailServer | None:
        if server is not None and find_spec("aiosmtplib") is None:
            raise ValueError("mail needs an extra: pip install 'cockpit-gateway[smtp]'")
        return server

    @field_validator("mails")
    @classmethod
    def _need_a_server(cls, mails: dict[str, Mail], info: ValidationInfo) -> dict[str, Mail]:
        if mails and info.data.get("server", ...) is None:
            raise ValueError("mails need a server: add `server: {host: …}`")
        return mails
