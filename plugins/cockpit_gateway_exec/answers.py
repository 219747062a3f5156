"""What the end of a command means: delivered, try again, or never again."""

from __future__ import annotations

import os
import signal

from cockpit_gateway import Reject, Response, Retry

NEVER = os.EX_DATAERR
"""65, "the input was incorrect" in sysexits.h: another attempt would have the same input."""


def settle(code: int, response: Response) -> Response:
    """Return what a command wrote if its exit code means "delivered", raise for any other.

    Args:
        code: The exit code, or the number of the signal that ended it, negated.
        response: What it wrote.

    Raises:
        Retry: Any code but the two that follow, and any signal.
        Reject: 65; 0 alone is success.
    """
    if code == os.EX_OK:
        return response
    if code == NEVER:
        raise Reject(in_words(code), response=response)
    raise Retry(in_words(code), response=response)


def in_words(code: int) -> str:
    """Return how a command ended.

    Example:
        >>> in_words(3), in_words(-9)
        ('exit code 3', 'ended by SIGKILL')
    """
    if code >= 0:
        return f"exit code {code}"
    names = {number.value: number.name for number in signal.Signals}
    return f"ended by {names.get(-code, f'signal {-code}')}"
