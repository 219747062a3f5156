"""One trace from a POST through the store to every attempt, as a collector gets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gateways
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from cockpit_gateway import DeliveryState, PluginContext, hookimpl
from cockpit_gateway.store.records import DeliveryFilter
from cockpit_gateway.testing import Answer, Receiver
from cockpit_gateway.testing.captures import capture

SAVE = capture("collections.save.after").body
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{PARENT}-01"
WAIT = "retry: [0s, 0s], breaker: {failures: 100}"


@pytest.fixture
def collector() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def endpoint() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def yaml(endpoint: Receiver, collector: Receiver | None = None, further: str = "") -> str:
    tracing = f"tracing: {{endpoint: '{collector.url}', service: site, {further}}}\n" if collector else ""
    return (
        f"sources: {{website: {{}}}}\n{tracing}"
        f"plugins: {{webhook: {{endpoints: {{it: {{url: '{endpoint.url}', events: [collections.save.after], "
        f"allow_private: true, {WAIT}}}}}}}}}\n"
    )


def spans(collector: Receiver) -> dict[str, list[Span]]:
    """Return what the collector got, by name, oldest first."""
    found: dict[str, list[Span]] = {}
    for request in collector.requests:
        assert request.path == "/v1/traces"
        message = ExportTraceServiceRequest.FromString(request.body)
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    found.setdefault(span.name, []).append(span)
    return {name: sorted(of_name, key=lambda span: span.start_time_unix_nano) for name, of_name in found.items()}


def attributes(span: Span) -> dict[str, object]:
    kinds = {"string_value", "int_value", "double_value", "bool_value"}
    return {
        found.key: getattr(found.value, kind)
        for found in span.attributes
        if (kind := found.value.WhichOneof("value")) in kinds
    }


async def test_one_trace_goes_from_the_request_to_every_attempt(
    tmp_path: Path, endpoint: Receiver, collector: Receiver
) -> None:
    endpoint.answers += [Answer(503), Answer(204)]
    async with gateways.running(tmp_path, yaml(endpoint, collector)) as gateway:
        assert (await gateways.post(gateway, SAVE, headers={"traceparent": GIVEN})).status == 202
        [delivery] = await gateways.wait_for(gateway, DeliveryState.DELIVERED)
    found = spans(collector)
    [received], [stored], attempts = found["receive"], found["store"], found["deliver webhook:it"]
    assert {span.trace_id.hex() for span in (received, stored, *attempts)} == {TRACE}
    assert received.parent_span_id.hex() == PARENT
    assert {span.parent_span_id for span in (stored, *attempts)} == {received.span_id}
    assert [attributes(span)["http.response.status_code"] for span in attempts] == [503, 204]
    assert [span.status.code for span in attempts] == [Status.STATUS_CODE_ERROR, Status.STATUS_CODE_UNSET]
    assert (
        attributes(attempts[1]).items()
        >= {
            "cockpit.delivery.id": delivery.id,
            "cockpit.delivery.attempt": 2,
            "cockpit.event.name": "collections.save.after",
            "cockpit.target": "it",
        }.items()
    )
    assert [sent.headers["traceparent"] for sent in endpoint.requests] == [
        f"00-{TRACE}-{span.span_id.hex()}-01" for span in attempts
    ]


async def test_a_trace_begins_here_if_it_did_not_elsewhere(
    tmp_path: Path, endpoint: Receiver, collector: Receiver
) -> None:
    async with gateways.running(tmp_path, yaml(endpoint, collector)) as gateway:
        await gateways.post(gateway, SAVE, headers={"traceparent": "00-nonsense"})
        await gateways.wait_for(gateway, DeliveryState.DELIVERED)
        [event] = await gateways.stored(gateway)
    found = spans(collector)
    [received], [attempt] = found["receive"], found["deliver webhook:it"]
    assert received.parent_span_id == b""
    assert str(event.trace).startswith(f"00-{received.trace_id.hex()}-{received.span_id.hex()}-")
    assert attempt.trace_id == received.trace_id


async def test_a_trace_goes_on_after_a_restart(tmp_path: Path, endpoint: Receiver, collector: Receiver) -> None:
    endpoint.usual = Answer(503)
    waiting = yaml(endpoint, collector).replace("[0s, 0s]", "[0s, 1h]")
    async with gateways.running(tmp_path, waiting) as gateway:
        await gateways.post(gateway, SAVE, headers={"traceparent": GIVEN})
        await gateways.eventually(lambda: endpoint.requests)
    endpoint.usual = Answer(200)
    async with gateways.running(tmp_path, waiting) as gateway:
        [delivery] = await gateways.deliveries(gateway)
        await gateway.administration.replays.replay(DeliveryFilter(ids=[delivery.id]), None, new_ids=False)
        await gateways.wait_for(gateway, DeliveryState.DELIVERED)
    assert [span.trace_id.hex() for span in spans(collector)["deliver webhook:it"]] == [TRACE] * 2


async def test_without_tracing_a_trace_is_passed_on_as_it_came(tmp_path: Path, endpoint: Receiver) -> None:
    async with gateways.running(tmp_path, yaml(endpoint)) as gateway:
        await gateways.post(gateway, SAVE, headers={"traceparent": GIVEN})
        await gateways.post(gateway, SAVE)
        await gateways.wait_for(gateway, DeliveryState.DELIVERED, 2)
    assert sorted(sent.headers.get("traceparent", "") for sent in endpoint.requests) == ["", GIVEN]


async def test_one_that_is_not_to_be_sent_is_not_sent(tmp_path: Path, endpoint: Receiver, collector: Receiver) -> None:
    async with gateways.running(tmp_path, yaml(endpoint, collector, "sample: 0.0")) as gateway:
        await gateways.post(gateway, SAVE)
        await gateways.post(gateway, SAVE, headers={"traceparent": GIVEN})
        await gateways.wait_for(gateway, DeliveryState.DELIVERED, 2)
    assert {span.trace_id.hex() for of_name in spans(collector).values() for span in of_name} == {TRACE}
    assert len(endpoint.requests) == 2


async def test_a_collector_that_fails_or_hangs_harms_nobody(tmp_path: Path, endpoint: Receiver) -> None:
    with Receiver() as collector:
        collector.usual = Answer(500)
        async with gateways.running(tmp_path, yaml(endpoint, collector)) as gateway:
            await gateways.post(gateway, SAVE)
            await gateways.wait_for(gateway, DeliveryState.DELIVERED)


class Asking:
    """A plugin whose handlers note the trace that they are called in."""

    def __init__(self) -> None:
        self.seen: list[str | None] = []

    @hookimpl
    def collections_save_after(self, context: PluginContext) -> None:
        self.seen.append(context.traceparent)


async def test_a_plugin_can_go_on_with_the_trace(tmp_path: Path, endpoint: Receiver, collector: Receiver) -> None:
    plugin = Asking()
    async with gateways.running(tmp_path, yaml(endpoint, collector), {"asking": plugin}) as gateway:
        await gateways.post(gateway, SAVE, headers={"traceparent": GIVEN})
        await gateways.wait_for(gateway, DeliveryState.DELIVERED, 2)
    [attempt] = spans(collector)["deliver asking:collections_save_after"]
    assert plugin.seen == [f"00-{TRACE}-{attempt.span_id.hex()}-01"]


def test_no_secret_gets_into_a_header(tmp_path: Path, endpoint: Receiver, collector: Receiver) -> None:
    gateway = gateways.assemble(tmp_path, yaml(endpoint, collector, "headers: {Authorization: Bearer swordfish}"))
    assert "swordfish" not in repr(gateway.settings)
