"""What a request says of formats: what it accepts (406), and what its body is (415)."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import hdrs, web

from cockpit_gateway.web.problems import Problem

JSON = "application/json"


def refuse_unacceptable(request: web.Request, media_type: str) -> None:
    """Refuse a request that does not accept what would be answered (RFC 9110, section 12.5.1).

    Args:
        request: The request.
        media_type: What would be answered.

    Raises:
        Problem: it does not.
    """
    accepted = ",".join(request.headers.getall(hdrs.ACCEPT, ["*/*"]))
    kind = media_type.partition("/")[0]
    qualities = dict(map(_quality, filter(None, map(str.strip, accepted.split(",")))))
    ranges = (media_type, f"{kind}/*", "*/*")
    best = next((qualities[name] for name in ranges if name in qualities), 0.0)
    if qualities and best <= 0:
        raise Problem(HTTPStatus.NOT_ACCEPTABLE, f"The answer is {media_type}; name it, or nothing, under Accept.")


def refuse_other_bodies(request: web.Request) -> None:
    """Refuse a request whose body is no JSON.

    Raises:
        Problem: it is not, or it is packed.
    """
    if hdrs.CONTENT_TYPE in request.headers and request.content_type != JSON:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"The body is {request.content_type}, and this takes {JSON}.",
            headers={hdrs.ACCEPT: JSON},
        )


def _quality(text: str) -> tuple[str, float]:
    """Return a media range and its weight.

    Example:
        >>> _quality("text/*;q=0.3")
        ('text/*', 0.3)
    """
    media_range, *parameters = [part.strip().lower() for part in text.split(";")]
    weights = [parameter[2:] for parameter in parameters if parameter.startswith("q=")]
    try:
        return media_range, float(weights[0]) if weights else 1.0
    except ValueError:
        return media_range, 0.0
