"""From an endpoint's settings to what makes its attempts."""

from __future__ import annotations

from cockpit_gateway.catalogue import Catalogue
from cockpit_gateway.transports import Body, cockpit_body, standard_batch, standard_body, template_body
from cockpit_gateway_webhook.sending import Sender, Signature, fixed_headers
from cockpit_gateway_webhook.settings import Endpoint
from cockpit_gateway_webhook.signing import signer_of


def sender_of(endpoint: Endpoint, catalogue: Catalogue) -> Sender:
    """Return what makes the attempts of an endpoint."""
    basic_auth = endpoint.basic_auth
    return Sender(
        method=endpoint.method,
        url=endpoint.url,
        headers=fixed_headers(
            endpoint.content_type,
            {name: value.get_secret_value() for name, value in endpoint.headers.items()},
            basic_auth=(basic_auth.user, basic_auth.password.get_secret_value()) if basic_auth else None,
            bearer=endpoint.bearer.get_secret_value() if endpoint.bearer else None,
        ),
        signatures=[
            Signature(signer_of(secret.get_secret_value()), until) for secret, until in endpoint.signing_secrets
        ],
        tokens=endpoint.oauth2.credentials() if endpoint.oauth2 else None,
        timeout=endpoint.timeout,
        body=_body_of(endpoint, catalogue),
    )


def _body_of(endpoint: Endpoint, catalogue: Catalogue) -> Body:
    if endpoint.template is not None:
        return template_body(endpoint.template, catalogue)
    if endpoint.body == "cockpit":
        return cockpit_body
    batches = endpoint.coalesce is not None and endpoint.coalesce.keep == "list"
    return standard_batch(catalogue) if batches else standard_body(catalogue)
