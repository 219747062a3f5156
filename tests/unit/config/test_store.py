"""Where events are kept: a URL that is shown without its password."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit_gateway.config.discretion import Discretion
from cockpit_gateway.config.models import Settings
from cockpit_gateway.config.store import check_store


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:data/gateway.db", "sqlite:data/gateway.db"),
        ("postgresql://gateway@db/gateway", "postgresql://gateway@db/gateway"),
        ("postgresql://gateway:sword%2Ffish@db:5432/gateway", "postgresql://gateway:***@db:5432/gateway"),
        (
            "postgresql://gateway:swordfish@a,b:5433/gateway?ssl=require",
            "postgresql://gateway:***@a,b:5433/gateway?ssl=require",
        ),
        ("postgresql:///gateway?host=/run&password=swordfish", "postgresql:///gateway?host=/run&password=***"),
        ("postgresql://gateway@db/gateway?password=sword%40fish", "postgresql://gateway@db/gateway?password=***"),
        ("postgresql://gateway@db/x?sslpassword=swordfish&a=b", "postgresql://gateway@db/x?sslpassword=***&a=b"),
        ("postgresql://gateway:gateway@db/gateway", "postgresql://gateway:***@db/gateway"),
        ("postgresql://db:5432/gateway", "postgresql://db:5432/gateway"),
    ],
)
def test_a_password_is_not_shown(url: str, shown: str) -> None:
    store = check_store(url)
    assert store.shown == shown
    assert repr(store) == repr(shown)
    assert str(store) == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://gateway:tigerlily/gateway",
        "postgresql://gateway:tiger/lily@db/gateway",
        "postgresql://gateway:tiger\u2100lily@db/gateway",
        "postgresql://[gateway:tigerlily@db/gateway",
        "postgresql://a:5432,b:tigerlily/gateway",
        "postgresql://gateway:tiger@lily@db/gateway",
        "postgresql://gateway:99999/gateway",
        "postgresql://gateway:\u00b2/gateway",
    ],
)
def test_a_password_is_not_in_what_is_said_of_a_mistake(url: str) -> None:
    with pytest.raises(ValueError, match=r"postgresql://user|%2F for /") as mistake:
        check_store(url)
    assert "tiger" not in str(mistake.value)


@pytest.mark.parametrize("place", ["db", "db:5432", "a:1,b:2", "[::1]", "[::1]:5432", "a,[::1]:2", ""])
def test_a_database_is_where_it_is_said_to_be(place: str) -> None:
    assert check_store(f"postgresql://gateway:1%2F2@{place}/gateway").endswith(f"@{place}/gateway")


def test_a_password_is_hidden_in_what_others_say() -> None:
    settings = Settings.model_validate({"store": "postgresql://gateway:sword%2Ffish@db/gateway"})
    told = Discretion([settings]).out_of("cannot log in with sword/fish, sword%2Ffish")
    assert told == "cannot log in with ***, ***"
    assert "sword" not in repr(settings)


@pytest.mark.parametrize("key", ["password", "sslpassword"])
def test_a_password_in_the_query_is_hidden_in_what_others_say(key: str) -> None:
    settings = Settings.model_validate({"store": f"postgresql://gateway@db/gateway?{key}=sword%40fish+x"})
    told = Discretion([settings]).out_of("cannot log in with sword@fish x, sword%40fish+x")
    assert told == "cannot log in with ***, ***"


@pytest.mark.parametrize(
    ("url", "place"),
    [("sqlite:/var/lib/x.db", "/var/lib/gateway.key"), ("postgresql://db/gateway", "data/gateway.key")],
)
def test_the_gateways_own_files_are_beside_the_store(url: str, place: str) -> None:
    assert check_store(url).beside("gateway.key") == Path(place)
