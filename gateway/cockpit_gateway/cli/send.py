"""`cockpit-gateway send`: posts recorded or hand-written events to a running gateway, as Cockpit would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cockpit_gateway.cli.completing import event_names
from cockpit_gateway.cli.options import ConfigOption, JsonOption, find_config
from cockpit_gateway.cli.output import err, out, print_json, print_table, print_text
from cockpit_gateway.events import JSONValue

if TYPE_CHECKING:
    from cockpit_gateway.cli.posting import Address, Answer, Posting

WORTH_A_BAR = 20
"""Postings from which a progress bar is shown."""


def send(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE…", help="Recorded requests or bodies, or folders of them; - is standard input."),
    ] = None,
    *,
    event: Annotated[
        str | None,
        typer.Option(metavar="NAME", autocompletion=event_names, help="Write an event of this name instead."),
    ] = None,
    args: Annotated[str, typer.Option(metavar="JSON", help="The written event's arguments, a JSON list.")] = "[]",
    source: Annotated[str | None, typer.Option(help="The source to post as, if there are several.")] = None,
    label: Annotated[str | None, typer.Option(help="The label: the last part of the path.")] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="COCKPIT_GATEWAY_TOKEN", help="The source's token, if not the configured one."),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Post to this URL, whatever the configuration says.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Post everything so many times.")] = 1,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Post events to a running gateway, as Cockpit would; exits with 1 if one was refused."""
    from cockpit_gateway.cli import addresses
    from cockpit_gateway.daemon import load

    postings = _postings(files or [], event, args) * repeat
    if url is not None:
        address = addresses.named(url, token)
    else:
        address = addresses.configured(load(find_config(config))[0].settings, source, label, token)
    answers: list[Answer] = []
    try:
        asyncio.run(_post(postings, address, answers))
    finally:
        _print(answers, as_json=as_json)
    if not all(answer.taken for answer in answers):
        raise typer.Exit(1)


def _postings(files: Sequence[str], event: str | None, args: str) -> list[Posting]:
    from cockpit_gateway.cli.posting import find_files, read_posting, written

    if event is not None and not files:
        return [written(event, _parse(args))]
    if event is None and files:
        return [read_posting(path) for path in find_files(files)]
    raise typer.BadParameter("name files to send, or write one event with --event NAME --args JSON")


def _parse(args: str) -> list[JSONValue]:
    try:
        parsed: JSONValue = json.loads(args)
    except ValueError as error:
        raise typer.BadParameter(f"not JSON: {error}", param_hint="--args") from None
    if isinstance(parsed, list):
        return [*parsed]
    raise typer.BadParameter('Cockpit\'s arguments are a JSON list: ["posts", {}, false]', param_hint="--args")


async def _post(postings: Sequence[Posting], address: Address, answers: list[Answer]) -> None:
    """Post everything, and add each answer as it comes: it counts whatever happens later."""
    from rich.progress import Progress

    from cockpit_gateway.cli.posting import post

    hidden = len(postings) < WORTH_A_BAR or not err.is_terminal
    with Progress(console=err, transient=True, disable=hidden) as progress:
        task = progress.add_task("sending", total=len(postings))
        async for answer in post(postings, address):
            answers.append(answer)
            progress.advance(task)


def _print(answers: Sequence[Answer], *, as_json: bool) -> None:
    if as_json:
        print_json({"answers": [_view(answer) for answer in answers]})
    elif answers:
        rows = [(answer.name, answer.status or None, answer.event_id, answer.note) for answer in answers]
        print_table(("sent", "status", "event", "note"), rows)
        _sum_up(answers)


def _sum_up(answers: Sequence[Answer]) -> None:
    """Print on a terminal how many were sent, stored and refused."""
    if out.is_terminal:
        stored = sum(answer.event_id is not None for answer in answers)
        refused = sum(not answer.taken for answer in answers)
        print_text(f"{len(answers)} sent, {stored} stored, {refused} refused")


def _view(answer: Answer) -> JSONValue:
    return {"sent": answer.name, "status": answer.status, "event": answer.event_id, "note": answer.note}
