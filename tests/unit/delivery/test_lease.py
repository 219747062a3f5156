"""Whether this node still has what it took."""

from __future__ import annotations

import pytest

from cockpit_gateway.delivery.lease import LEASE, Lease


def at(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lease, "now", staticmethod(lambda: seconds))


def test_it_holds_from_when_the_heartbeat_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    lease = Lease(shared=True)
    at(100.0, monkeypatch)
    assert not lease.holds
    lease.extend(99.0)
    assert lease.holds
    at(99.0 + LEASE, monkeypatch)
    assert not lease.holds


def test_one_that_was_lost_begins_another_term(monkeypatch: pytest.MonkeyPatch) -> None:
    lease = Lease(shared=True)
    at(0.0, monkeypatch)
    lease.extend(0.0)
    lease.lose()
    assert (lease.holds, lease.term) == (False, 1)
    lease.extend(0.0)
    assert lease.holds


def test_it_never_runs_out_where_nobody_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    at(1e12, monkeypatch)
    assert Lease(shared=False).holds
