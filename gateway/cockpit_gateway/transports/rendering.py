"""What a template writes of the events that a delivery carries."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.errors import Retry
from cockpit_gateway.events import Event
from cockpit_gateway.expressions import Template, scope_of


def render(template: Template, events: Sequence[Event], catalogue: Catalogue) -> str:
    """Return a template's text; its `events` are those that the delivery carries, as `event` shows the newest.

    Args:
        template: The template.
        events: One event, or those of a burst, oldest first: what `deliver` is given.
        catalogue: Knows the arguments' names: `context.catalogue`.

    Raises:
        Retry: The template failed; a person may mend it before the delivery is given up.
    """
    scopes = [scope_of(event, catalogue) for event in events]
    try:
        text = template.render(scopes[-1], events=scopes)
    except Exception as error:
        raise Retry(f"the template failed: {error}") from error
    return text.encode(errors="replace").decode()  # half of a pair of surrogates, which JSON can hold and UTF-8 cannot
