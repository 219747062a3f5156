"""The `tracing` section: where spans are sent, by OpenTelemetry."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from yarl import URL

from cockpit_gateway.config.base import PluginConfig


def _check_endpoint(text: str) -> str:
    url = URL(text)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("an OTLP endpoint is a URL such as http://127.0.0.1:4318")
    if url.user is not None or url.password is not None:
        raise ValueError("user and password do not belong into the URL; use headers")
    return text.rstrip("/")


class Tracing(PluginConfig):
    """Sends spans by OTLP over HTTP; needs the extra `otel`."""

    endpoint: Annotated[str, AfterValidator(_check_endpoint)] = Field(
        default="http://127.0.0.1:4318", description="The collector; spans go to /v1/traces below it."
    )
    headers: dict[str, SecretStr] = Field(default_factory=dict, description="Headers that the collector wants.")
    service: str = Field(default="cockpit-gateway", min_length=1, description="What the service is called in a trace.")
    sample: float = Field(
        default=1.0,
        ge=0.0,
        le=1.0,
        description="The share of the traces that begin here which is sent; what is sent of others is decided there.",
    )

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter.otlp.proto.http") is None:
            raise ValueError("spans need an extra: pip install 'cockpit-gateway[otel]'")
        return self
