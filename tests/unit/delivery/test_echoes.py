from __future__ import annotations

from cockpit_gateway.deliveries import TargetId
from cockpit_gateway.delivery import echoes
from cockpit_gateway.delivery.echoes import ECHO, EchoWatch

SITE, SEARCH = TargetId("webhook", "site"), TargetId("webhook", "search")
HOME = "singletons/home"


def test_what_follows_an_attempt_is_its_echo_once() -> None:
    watch = EchoWatch()
    assert watch.planned(SITE, HOME, 0.0) == 0
    for round_ in range(3):
        watch.began(SITE, HOME, round_)
        assert watch.planned(SITE, HOME, round_ + 0.5) == round_ + 1
        assert watch.planned(SITE, HOME, round_ + 0.6) == 0


def test_what_comes_late_ends_the_row() -> None:
    watch = EchoWatch()
    watch.began(SITE, HOME, 0.0)
    assert watch.planned(SITE, HOME, 1.0) == 1
    watch.began(SITE, HOME, 2.0)
    assert watch.planned(SITE, HOME, 2.1 + ECHO) == 0
    watch.began(SITE, HOME, 20.0)
    assert watch.planned(SITE, HOME, 20.1) == 1


def test_other_subjects_and_other_targets_are_no_echo() -> None:
    watch = EchoWatch()
    watch.began(SITE, HOME, 0.0)
    assert watch.planned(SITE, "singletons/other", 0.1) == 0
    assert watch.planned(SEARCH, HOME, 0.1) == 0


def test_what_is_remembered_is_bounded() -> None:
    watch = EchoWatch()
    for number in range(echoes.REMEMBERED + 1):
        watch.began(SITE, f"singletons/{number}", 0.0)
    assert watch.planned(SITE, "singletons/0", 0.1) == 0
    assert watch.planned(SITE, "singletons/1", 0.1) == 1
