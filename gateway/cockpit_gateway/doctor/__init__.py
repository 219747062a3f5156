"""The doctor: what is wrong around a gateway, and what to do about it; each check is a small function."""

from cockpit_gateway.doctor.examining import examine
from cockpit_gateway.doctor.findings import Finding, Health, Told

__all__ = ["Finding", "Health", "Told", "examine"]
