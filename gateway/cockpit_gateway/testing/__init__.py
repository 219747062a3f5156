"""The test kit of plugin authors.

pytest finds the fixtures by itself: `gateway_tester` starts gateways, `receiver` is a server for a plugin's requests.
What they give, and what makes single events and contexts, is here.
"""

from cockpit_gateway.testing.captures import Capture, all_captures, capture
from cockpit_gateway.testing.clock import FakeClock
from cockpit_gateway.testing.contexts import make_context
from cockpit_gateway.testing.events import make_event
from cockpit_gateway.testing.gateway import GatewayTester, NotTakenError, StartGateway
from cockpit_gateway.testing.receiver import Answer, Misbehaviour, ReceivedRequest, Receiver
from cockpit_gateway.tracing import HookCall

__all__ = [
    "Answer",
    "Capture",
    "FakeClock",
    "GatewayTester",
    "HookCall",
    "Misbehaviour",
    "NotTakenError",
    "ReceivedRequest",
    "Receiver",
    "StartGateway",
    "all_captures",
    "capture",
    "make_context",
    "make_event",
]
