"""What clients may have of this server that nobody at the site has registered."""

from __future__ import annotations

from typing import Any

from oauth2_provider.models import get_application_model
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error

from drf_mcp.auth.resource_server import endpoint_paths, is_endpoint_url, public_origin
from drf_mcp.auth.scopes import ALL_TOOLS, READING_TOOLS

NO_ENDPOINT = "The resource is no MCP endpoint of this site."


class Validator(OAuth2Validator):  # type: ignore[misc]  # the library has no types
    """Gives clients that registered themselves tokens for the MCP endpoints, and for nothing else on the site.

    Without it anybody's program could obtain a token that the project's REST API takes, since a token that names
    no resource is good for all of them.
    """

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether a client may ask for these scopes."""
        if is_self_registered(client) and not {ALL_TOOLS, READING_TOOLS}.issuperset(scopes):
            return False
        return bool(super().validate_scopes(client_id, scopes, client, request, *args, **kwargs))

    def _check_and_set_request_resource(self, request: Any) -> None:
        """Settle which resource a token is for, when it is issued.

        This name is private to the library, which has no other place for it.

        Raises:
            CustomOAuth2Error: ``invalid_target`` where a self-registered client names something else.
        """
        super()._check_and_set_request_resource(request)
        if is_self_registered(request.client):
            request.resource = request.resource or default_resource()
            if not request.resource or not all(map(is_endpoint_url, request.resource)):
                raise CustomOAuth2Error("invalid_target", description=NO_ENDPOINT, request=request)


def is_self_registered(client: Any) -> bool:
    """Whether nobody at the site knows the client."""
    return bool(client.registration_source != get_application_model().RegistrationSource.MANUAL)


def default_resource() -> list[str]:
    """What a client means that names no resource, as those of 2025-03-26 do: the endpoint, where there is one."""
    paths = endpoint_paths()
    return [f"{public_origin()}{paths[0]}"] if len(paths) == 1 else []
