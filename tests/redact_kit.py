"""The redact plugin without a daemon, and events to be masked: recorded ones, and documented ones that were not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cockpit_gateway import Event
from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.envelope import Arrival, read_envelope
from cockpit_gateway.events import encode_like_cockpit
from cockpit_gateway.testing import make_context
from cockpit_gateway.testing.captures import Capture
from cockpit_gateway_redact import RedactPlugin

CATALOGUE = Catalogue(["shop.order.*"])
BCRYPT = "$2y$10$ihx0TMLff8NIIYhe0V6NeukwKPNWz/rVW81VKjXrpc2KKn4PFMwBK"
ARGON2 = "$argon2id$v=19$m=65536,t=4,p=1$c29tZS9zYWx0+A$aGFzaC9vZis"
ACCOUNT = {"user": "joe", "password": BCRYPT, "api_key": "account-0123", "_reset_token": "rp-0123", "active": True}
WEBHOOK = {
    "name": "all",
    "url": "https://hooks.example.org/s3cret",
    "auth": {"user": "u", "pass": "p"},
    "headers": [{"k": "X-Token", "v": "t"}],
    "events": ["error"],
}


class Redactor:
    """A plugin with a context made by hand.

    Args:
        rules: The user's own rules, as they would be written in the configuration.
    """

    def __init__(self, *rules: dict[str, Any]) -> None:
        config = RedactPlugin.Config.model_validate({"rules": list(rules)}, context={"catalogue": CATALOGUE})
        self._context = make_context("redact", config, catalogue=CATALOGUE)
        self.plugin = RedactPlugin()

    def __call__(self, event: Event) -> Event | None:
        """Return what the filter returns."""
        changed: Event | None = self.plugin.filter_event(event, self._context)
        return changed

    def args(self, name: str, *args: object) -> list[Any]:
        """Return the arguments of an event as the filter leaves them."""
        event = posted(name, *args)
        return (self(event) or event).args


def event_of(body: bytes) -> Event:
    """Return the event that the gateway makes of a body."""
    return read_envelope(body, Arrival("website"), event_id="1", received_at=0.0, max_depth=512, catalogue=CATALOGUE)


def recorded(capture: Capture) -> Event:
    return event_of(capture.body)


def posted(name: str, *args: object) -> Event:
    """Return an event as it arrives with these arguments."""
    return event_of(encode_like_cockpit({"event": name, "hook": "all", "backend": 1, "args": list(args)}))


def changes(before: Any, after: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Return what differs: where, what was there, and what is there now."""
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        for key, value in before.items():
            yield from changes(value, after[key], f"{place}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, value in enumerate(before):
            yield from changes(value, after[number], f"{place}.{number}")
    elif before != after:
        yield place.removeprefix("."), before, after


RECORDED: dict[str, list[str]] = {
    "cockpit.accounts.save": ["0.password", "0.api_key"],
    "cockpit.api.authenticate": ["0.token"],
    "cockpit.authentication.failed": ["0.password"],
    "odd/authentication-failed-email": ["0.password"],
    "cockpit.restadmin.top": ["0.master", "0.special.0.token"],
    "cockpit.restadmin.main": ["0.master", "0.special.0.token"],
    "cockpit.restadmin.aside": ["0.master", "0.special.0.token"],
    "cockpit.webhook": ["0.url", "0.data", "0.headers", "0.auth"],
    "odd/find-before-leaks-account": ["1.fieldsFilter.user.password", "1.fieldsFilter.user.api_key"],
    "collections.find.after": ["1.0.secret"],
    "collections.find.after.posts": ["1.0.secret"],
    "collections.save.before": ["1.secret"],
    "collections.save.before.posts": ["1.secret"],
    "collections.save.after": ["1.secret"],
    "collections.save.after.posts": ["1.secret"],
    "forms.open.after": ["1.csrf"],
}
"""The captures that hold secrets, and where."""

_IN_ACCOUNT = ("password", "api_key", "_reset_token")
_ON_PAGE = ["1.keys.master", "1.keys.special.0.token"]
_VIEW = "app.render.view"

DOCUMENTED: list[tuple[Event, list[str]]] = [
    *(
        (posted(name, ACCOUNT), [f"0.{key}" for key in _IN_ACCOUNT])
        for name in (
            *("cockpit.accounts.save", "cockpit.accounts.disguise", "cockpit.auth.setuser", "cockpit.account.logout"),
            *("cockpit.authentication.success", "cockpit.account.panel", "cockpit.account.editview"),
        )
    ),
    (posted("cockpit.account.fields", None, ACCOUNT), [f"1.{key}" for key in _IN_ACCOUNT]),
    (posted("cockpit.authentication.failed", {"auth": {"password": "typed"}}, "no"), ["0.auth.password"]),
    (
        posted("cockpit.api.authenticate", {"token": "t", "authenticated": True, "user": ACCOUNT}),
        ["0.token", *(f"0.user.{key}" for key in _IN_ACCOUNT)],
    ),
    (
        posted("collections.find.before.a.b", "a.b", {"fieldsFilter": {"user": ACCOUNT}, "user": ACCOUNT}, False),
        [f"1.{where}.{key}" for where in ("fieldsFilter.user", "user") for key in _IN_ACCOUNT],
    ),
    (posted("collections.find.after", "posts", [{"a": BCRYPT}, {"a": ARGON2}], False), ["1.0.a", "1.1.a"]),
    (posted("collections.admin.find.after.posts", [{"secret": BCRYPT}], {"skip": 0}), ["0.0.secret"]),
    (posted("collections.reorder", "posts", {"0": {"_id": "1", "secret": BCRYPT}}), ["1.0.secret"]),
    (posted("singleton.saveData.after.home", {"name": "home"}, {"pin": ARGON2}), ["1.pin"]),
    (posted("shop.order.paid", [[BCRYPT]]), ["0.0.0"]),
    (posted("event.of.an.unknown.add-on", {"deep": [BCRYPT]}), ["0.deep.0"]),
    (posted(_VIEW, "restadmin", {"keys": {"master": "m", "special": [{"token": "t", "rules": "*"}]}}), _ON_PAGE),
    (
        posted(
            f"{_VIEW}/cockpit:views/restadmin/index.php", "r", {"keys": {"master": "m", "special": [{"token": "t"}]}}
        ),
        _ON_PAGE,
    ),
    (posted(_VIEW, "account", {"account": ACCOUNT, "uid": "1"}), [f"1.account.{key}" for key in _IN_ACCOUNT]),
    (posted(_VIEW, "recover", {"user": {"user": "joe"}, "token": "rp-1", "target": "/"}), ["1.token"]),
    (posted(_VIEW, "info", {"info": {"mailer": {"host": "mx", "password": "p"}}}), ["1.info.mailer.password"]),
    (posted(_VIEW, "form", {"name": "contact", "options": {"csrf": "c"}}), ["1.options.csrf"]),
    (posted(_VIEW, "entry", {"entry": {"title": "t", "secret": BCRYPT}}), ["1.entry.secret"]),
    (posted(_VIEW, "webhook", {"webhook": WEBHOOK}), [f"1.webhook.{key}" for key in ("url", "auth", "headers")]),
    (posted(_VIEW, "webhooks", {"webhooks": [WEBHOOK]}), [f"1.webhooks.0.{key}" for key in ("url", "auth", "headers")]),
    (
        posted("cockpit.webhook", {"url": "https://x", "data": "{}", "headers": ["X: y"], "auth": {"pass": "p"}}),
        ["0.url", "0.data", "0.headers", "0.auth"],
    ),
    (
        posted(
            "cockpit.filestorages.init",
            {
                "key": {"adapter": "Local", "args": ["/srv/secret/key"], "url": "https://x/", "token": "no adapter's"},
                "s3": {"args": [{"credentials": {"key": "k"}, "region": "eu", "root": "/srv"}, "bucket"]},
                "sftp": {"args": {"0": {"password": "p", "privateKey": "k", "passphrase": "f", "root": "/srv"}}},
                "blob": {
                    "args": [
                        {"nested": {"accessToken": "t", "client_secret": "s", "appSecret": "s", "key_path": "/srv/key"}}
                    ]
                },
            },
        ),
        [
            *("0.s3.args.0.credentials", "0.sftp.args.0.password", "0.sftp.args.0.privateKey"),
            *(
                "0.sftp.args.0.passphrase",
                "0.blob.args.0.nested.accessToken",
                "0.blob.args.0.nested.client_secret",
                "0.blob.args.0.nested.appSecret",
            ),
        ],
    ),
]
"""Events with secrets that were not recorded, and where they are."""

HARMLESS: list[Event] = [
    posted("cockpit.auth.setuser", False, False),
    posted("cockpit.account.logout", None),
    posted("cockpit.account.logout"),
    posted("cockpit.account.logout", [], {}, "", 0),
    posted("cockpit.authentication.failed", "joe"),
    posted("cockpit.restadmin.top", []),
    posted("cockpit.restadmin.top", "master"),
    posted("cockpit.restadmin.top", {"master": "", "special": [{"token": ""}]}),
    posted("cockpit.accounts.save", {"password": "", "api_key": None, "_reset_token": False}),
    posted("cockpit.webhook", {"headers": [], "auth": {}, "url": None}),
    posted("cockpit.media.upload", ["/var/www/cockpit/storage/password.txt"], []),
    posted("cockpit.filestorages.init", {"secret": {"args": ["/var/www/cockpit/token"], "url": "https://x/key"}}),
    posted(
        "collections.save.after", "accounts", {"token": "content", "password": "no field's type is known", "_id": "1"}
    ),
    posted("collections.save.after", "posts", {"body": "A hash begins with $2y$10$ or $argon2id. It costs $20."}),
    posted("collections.find.before", "accounts", {"filter": {"password": {"$exists": True}, "api_key": "x"}}, False),
    event_of(b""),
    event_of(b'{"event":"","args":[{"password":"%s"}]}' % BCRYPT.encode()),
    event_of(b'{"event":"error","args":"all of them"}'),
]
"""Events in which nothing is to be masked."""
