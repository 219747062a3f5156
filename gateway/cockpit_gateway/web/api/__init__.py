"""The admin API: what the command line talks to over the Unix socket, and programs with a token at `api.listen`."""

from cockpit_gateway.web.api.service import Api, api_application, openapi_document

__all__ = ["Api", "api_application", "openapi_document"]
