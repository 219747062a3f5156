"""Secrets in what other people's code says."""

from __future__ import annotations

import base64
import json
import time
from random import Random
from urllib.parse import quote

import pytest
from pydantic import BaseModel, SecretBytes, SecretStr

from cockpit_gateway.config.discretion import Discretion

SECRET = "swörd/fish+\"'x"


class Inner(BaseModel):
    keys: list[SecretStr] = []
    more: dict[str, SecretStr] = {}


class Outer(BaseModel):
    inner: Inner | None = None
    one: SecretStr | None = None
    raw: SecretBytes | None = None
    name: str = "a-name"


@pytest.mark.parametrize(
    "settings",
    [
        Outer(one=SecretStr(SECRET)),
        Outer(raw=SecretBytes(SECRET.encode())),
        Outer(inner=Inner(keys=[SecretStr("other"), SecretStr(SECRET)])),
        Outer(inner=Inner(more={"x": SecretStr(SECRET)})),
    ],
)
@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        repr(SECRET)[1:-1],
        json.dumps(SECRET)[1:-1],
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_secret_is_hidden_however_it_is_written(settings: BaseModel, written: str) -> None:
    assert Discretion([settings]).out_of(f"a-name, {written}, and so on") == "a-name, ***, and so on"


@pytest.mark.parametrize("user", ["", "j", "jo", "joe", "a-longer-name"])
def test_basic_authentication_is_hidden(user: str) -> None:
    header = base64.b64encode(f"{user}:{SECRET}".encode()).decode()
    shown = Discretion([Outer(one=SecretStr(SECRET))]).out_of(f"Authorization: Basic {header}")
    assert header[len(header) // 2 : -4] not in shown


def test_a_signing_secret_is_hidden_without_its_beginning() -> None:
    key = base64.b64encode(bytes(range(32))).decode()
    assert Discretion([Outer(one=SecretStr(f"whsec_{key}"))]).out_of(f"with {key}, whsec_{key}") == "with ***, ***"


@pytest.mark.parametrize("short", ["", "x", "abc"])
def test_what_is_too_short_to_be_told_from_words_stays(short: str) -> None:
    assert Discretion([Outer(one=SecretStr(short))]).out_of("x abc eHh4 AAA") == "x abc eHh4 AAA"


def test_without_secrets_nothing_is_hidden() -> None:
    assert Discretion([Outer()]).out_of("anything") == "anything"


@pytest.mark.parametrize(
    ("secret", "part"),
    [
        ("whsk_q6urq6urq6urq6urq6urq6", "q6urq6urq6urq6urq6urq6"),
        ("http://joe:sword%2Ffish@proxy.internal:3128", "sword/fish"),
        ("socks5://joe:swordfish@10.0.0.1", "swordfish"),
    ],
)
def test_what_is_secret_inside_a_secret_is_hidden_alone(secret: str, part: str) -> None:
    discretion = Discretion([Outer(one=SecretStr(secret))])
    assert discretion.out_of(f"refused: {part}") == "refused: ***"
    assert discretion.out_of(f"refused: {secret}") == "refused: ***"


def test_of_two_that_begin_alike_the_longer_is_hidden_and_others_follow() -> None:
    settings = Outer(inner=Inner(keys=[SecretStr("swordfish"), SecretStr("swordfishes"), SecretStr("fishes-swim")]))
    shown = Discretion([settings]).out_of("swordfishes-swim, swordfish, sword, swordfishswordfish")
    assert shown == "***-swim, ***, sword, ******"


def test_a_thousand_secrets_cost_little_more_than_one() -> None:
    """Every line of the log is looked through, on the event loop."""

    def seconds(count: int) -> float:
        keys = [SecretStr(f"{random.getrandbits(256):x}") for _ in range(count)]
        discretion = Discretion([Outer(inner=Inner(keys=keys))])
        began = time.process_time()
        for _ in range(100):
            discretion.out_of(line)
        return time.process_time() - began

    random = Random(7)
    line = json.dumps({"message": "attempt failed", "reason": "HTTP 500 Internal Server Error", "id": "x" * 200})
    assert seconds(1000) < 20 * seconds(1)
