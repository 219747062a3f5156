"""Rules by which the gateway delivers, as they are written."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from cockpit_gateway.config.base import PluginConfig
from cockpit_gateway.config.quantities import Duration, Size
from cockpit_gateway.targets import DAY, BacklogLimit, Breaker, Coalesce


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
