"""The gateway itself: its configuration, its plugins, and the one that runs."""

from __future__ import annotations

from collections.abc import Iterator

from cockpit_gateway import __version__
from cockpit_gateway.doctor.findings import Finding, Patient, fail, ok, warn
from cockpit_gateway.registry import PluginStatus


def check_plugins(patient: Patient) -> Iterator[Finding]:
    """Look at plugins that are broken, or do not do what they seem to."""
    for plugin in patient.registry.plugins.values():
        if plugin.status is PluginStatus.BROKEN:
            problem = (plugin.problem or "").partition("\n")[0]
            yield fail(f"plugin {plugin.name}", f"it is broken: {problem}", "`cockpit-gateway plugins list` says all")
        for told in plugin.warnings:
            yield warn(f"plugin {plugin.name}", told, "tell its author")
    yield ok("plugins", f"loaded are {', '.join(sorted(patient.registry.config_models()))}")


def check_endpoints(patient: Patient) -> Iterator[Finding]:
    """Look at endpoints that were made while the gateway ran, and take no part: they do not fit any more."""
    for endpoint in patient.told.endpoints:
        told = "; ".join(": ".join(filter(None, (found["path"], found["message"]))) for found in endpoint["mistakes"])
        if told:
            yield fail(
                f"{endpoint['plugin']}:{endpoint['name']}",
                f"it takes no part, what is for it is held: {told}",
                "change it in the console or at the API",
            )


def check_daemon(patient: Patient) -> Iterator[Finding]:
    """Look at the gateway that runs."""
    status, problem = patient.told.status, patient.told.problem
    if problem is not None:
        yield fail("gateway", f"it cannot be asked: {problem}", "look at server.admin_socket, and at who may use it")
        return
    if status is None:
        yield warn(
            "gateway", "none is running", "start it: `cockpit-gateway run`, or `systemctl start cockpit-gateway`"
        )
        return
    if status["unready"] is not None:
        yield fail("gateway", f"process {status['pid']} is not ready: {status['unready']}", "its log says why")
    elif status["version"] != __version__:
        what = f"version {status['version']} runs, and {__version__} is installed"
        yield warn("gateway", what, "`cockpit-gateway restart` goes over without refusing an event")
    else:
        yield ok("gateway", f"version {__version__} runs as process {status['pid']}")
