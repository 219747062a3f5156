"""What a command is given, and what its end means: real processes."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from exec_kit import Run, python, shell
from webhook_kit import BODY, DELIVERY_ID, saved

from cockpit_gateway import Event, Reject, Response, Retry
from cockpit_gateway_exec.facts import FACTS, INHERITED

MEBIBYTE = 1024 * 1024


async def failure(run: Run, argv: list[str], **settings: Any) -> Retry:
    with pytest.raises(Retry) as failed:
        await run(argv, **settings)
    return failed.value


async def test_the_event_is_on_standard_input(run: Run) -> None:
    assert await run(["cat"]) == Response(None, body=BODY)


async def test_standard_input_can_be_opened_by_its_name(run: Run) -> None:
    assert (await run(["cat", "/dev/stdin"])).body == BODY


async def test_a_standard_webhooks_object_and_a_list_of_them(run: Run) -> None:
    one = json.loads((await run(["cat"], body="standard")).body)
    coalesce = {"wait": "1s", "max_wait": "1s", "keep": "list"}
    several = json.loads((await run(["cat"], saved(), saved(), body="standard", coalesce=coalesce)).body)

    assert (one["type"], one["data"]["args"][0]) == ("collections.save.after", "posts")
    assert (several["type"], several["data"]["events"]) == ("gateway.batch", [one, one])


async def test_a_large_event_is_read_as_a_whole(run: Run) -> None:
    body = os.urandom(8 * MEBIBYTE)
    assert (await run(["wc", "-c"], saved(body))).body.split() == [b"%d" % len(body)]


async def test_a_command_that_writes_while_it_reads_does_not_wait_for_ever(run: Run) -> None:
    response = await run(["cat"], saved(b"x" * 8 * MEBIBYTE), output="64 KiB")
    assert (response.body, response.truncated) == (b"x" * 64 * 1024, True)


async def test_a_command_need_not_read_its_input(run: Run) -> None:
    assert await run(["true"], saved(b"x" * MEBIBYTE)) == Response(None)


@pytest.mark.parametrize("closing", ["exec 0<&-; sleep 0.1", "head -c 1 >/dev/null"])
async def test_a_command_may_close_its_input_early(run: Run, closing: str) -> None:
    assert await run(shell(closing), saved(b"x" * MEBIBYTE)) == Response(None)


async def test_what_goes_to_both_outputs_is_kept_up_to_a_bound(run: Run) -> None:
    assert (await run(shell("echo one; echo two >&2"))).body == b"one\ntwo\n"
    assert await run(shell("printf 1234567"), output=7) == Response(None, body=b"1234567")
    assert await run(shell("printf 1234567"), output=6) == Response(None, body=b"123456", truncated=True)


async def test_a_flood_does_not_block_the_command(run: Run) -> None:
    response = await run(["head", "-c", str(64 * MEBIBYTE), "/dev/zero"])
    assert response == Response(None, body=bytes(4096), truncated=True)


async def test_facts_are_in_the_environment_and_nothing_else_of_the_gateways(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hidden")
    script = "import json, os; print(json.dumps(dict(os.environ)))"
    found = json.loads((await run(python(script), attempts=2, environment={"INDEX": "posts", "LANG": "C.UTF-8"})).body)

    assert {name: found.pop(name) for name in FACTS} == {
        "COCKPIT_EVENT": "collections.save.after",
        "COCKPIT_EVENT_ID": saved().id,
        "COCKPIT_SOURCE": "website",
        "COCKPIT_DELIVERY_ID": DELIVERY_ID,
        "COCKPIT_ATTEMPT": "3",
    }
    assert (found.pop("INDEX"), found.pop("LANG")) == ("***", "***")  # secrets, also in what the command writes
    assert set(found) <= {*INHERITED, "LC_CTYPE"}
    assert found["PATH"] == os.environ["PATH"]


async def test_a_name_that_no_environment_takes_is_made_to_fit(run: Run) -> None:
    name = "a\0b\ud800c" + "x" * 200_000
    told = (await run(shell('printf %s "$COCKPIT_EVENT"'), saved(name=name))).body.decode()
    assert told == "a\ufffdb?c" + "x" * 251


async def test_arguments_are_no_shell_and_no_template(run: Run) -> None:
    wild = ["$HOME", "`id`", "; id", "{{ event.name }}", "*", ""]
    assert (await run(["printf", "%s\\n", *wild])).body.decode().splitlines() == wild


async def test_the_directory(run: Run, tmp_path: Path) -> None:
    assert (await run(["pwd"], directory=str(tmp_path))).body.decode().strip() == str(tmp_path)
    assert (await run(["pwd"])).body.decode().strip() == str(Path.cwd())


async def test_no_descriptor_of_the_gateways_is_inherited(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)  # as systemd hands it over
        listed = (await run(python("import os; print(sorted(os.listdir('/proc/self/fd')))"))).body
    assert listed in (b"['0', '1', '2', '3']\n", b"['0', '1', '2', '4']\n")  # the last one lists


async def test_signals_mean_what_they_mean_elsewhere(run: Run) -> None:
    assert (await run(shell("yes | head -n 1; trap"))).body == b"y\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 1", "exit code 1"),
        ("exit 75", "exit code 75"),
        ("kill -9 $$", "ended by SIGKILL"),
        ("kill -SEGV $$", "ended by SIGSEGV"),
        ("kill -40 $$", "ended by signal 40"),
    ],
)
async def test_any_other_end_is_tried_again(run: Run, script: str, reason: str) -> None:
    failed = await failure(run, shell(f"echo so far; {script}"))

    assert (failed.reason, failed.after) == (reason, None)
    assert failed.response == Response(None, body=b"so far\n")


async def test_65_is_never_tried_again(run: Run) -> None:
    with pytest.raises(Reject) as rejected:
        await run(shell("echo no such entry; exit 65"))

    assert (rejected.value.reason, rejected.value.disable_target) == ("exit code 65", False)
    assert rejected.value.response == Response(None, body=b"no such entry\n")


async def test_a_secret_in_what_a_command_writes_is_hidden(run: Run) -> None:
    failed = await failure(run, shell('echo "login with $TOKEN"; exit 1'), environment={"TOKEN": "s3cr3t-t0k3n"})
    assert failed.response == Response(None, body=b"login with ***\n")


async def test_a_secret_at_the_end_of_what_is_kept_is_hidden(run: Run) -> None:
    response = await run(shell('echo "login with $TOKEN"'), environment={"TOKEN": "s3cr3t-t0k3n"}, output=16)
    assert response == Response(None, body=b"login with ***\n")
    response = await run(shell('echo "login with $TOKEN"'), environment={"TOKEN": "s3cr3t-t0k3n"}, output=12)
    assert response == Response(None, body=b"login with *", truncated=True)


async def test_what_cannot_be_started_any_more_is_tried_again(tmp_path: Path, run: Run) -> None:
    script = tmp_path / "script"
    script.write_text("#!/nowhere/interpreter\n")
    script.chmod(0o700)

    assert (await failure(run, [str(script)])).reason == (
        f"{script} cannot be started: no such file or directory: its directory, or the interpreter that its first "
        "line names"
    )


async def test_a_program_that_vanished_is_tried_again(tmp_path: Path, run: Run) -> None:
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\nrm {script}\nexit 3\n")
    script.chmod(0o700)
    event = saved()

    async def twice(argv: list[str], first: Event) -> None:
        assert (await failure(run, argv)).reason == "exit code 3"

    await twice([str(script)], event)
    assert not script.exists()


async def test_many_at_once(run: Run) -> None:
    answers = await asyncio.gather(*(run(["cat"], saved(b"%d" % number)) for number in range(20)))
    assert [answer.body for answer in answers] == [b"%d" % number for number in range(20)]
