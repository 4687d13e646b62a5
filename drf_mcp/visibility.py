"""Who sees what: the one place that tells whether a caller may see an endpoint or what an author declared.

Seeing is no door: whatever is listed is decided again when it is called. So what cannot be told
without a call, such as a permission that needs the object's address, counts as seen.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.exceptions import APIException
from rest_framework.request import Request as DRFRequest
from rest_framework.views import APIView

from .auth.identity import Identity
from .context import Context
from .endpoints import Endpoint
from .inner_request import Call
from .invocation import inner_request

logger = logging.getLogger("drf_mcp")


def is_visible(endpoint: Endpoint, context: Context) -> bool:
    """Whether the routed view lets a caller in, asked as the view itself asks before each call.

    Args:
        endpoint: The endpoint.
        context: Who asks.

    Returns:
        False where the view's permissions or its authentication refuse the caller.
    """
    try:
        path = endpoint.route.build_path({})
    except (KeyError, ValueError):
        path = f"/{endpoint.route}"
    request = inner_request(endpoint.method, path, context, Call(context.identity, endpoint))
    try:
        view = endpoint.viewset(**endpoint.initkwargs)
        if endpoint.is_viewset:
            view.action_map = dict(endpoint.actions)
        view.setup(request)
        view.format_kwarg = None
        view.request = view.initialize_request(request)
        view.perform_authentication(view.request)
        view.check_permissions(view.request)
    except (APIException, Http404, PermissionDenied):
        return False
    except Exception:  # a permission may want the URL's kwargs, or what only middleware knows
        logger.debug("%s does not tell without a call who may see it.", endpoint, exc_info=True)
    return True


def is_permitted(permission_classes: Sequence[Any] | None, request: DRFRequest) -> bool:
    """Whether an author's function lets a caller in.

    Args:
        permission_classes: What its author declared, None for the project's defaults.
        request: From ``request_for``.

    Returns:
        False also where a class cannot be asked: it may be made for ViewSets alone.
    """
    view = APIView() if permission_classes is None else APIView(permission_classes=permission_classes)
    view.request = request
    try:
        view.check_permissions(request)
    except (APIException, Http404, PermissionDenied):
        return False
    except Exception as error:  # noqa: BLE001  (logged, once for the same classes)
        _log(tuple(view.permission_classes), f"{type(error).__name__}: {error}")
        return False
    return True


@cache
def _log(permission_classes: tuple[Any, ...], reason: str) -> None:
    names = ", ".join(map(str, permission_classes))
    logger.error("%s cannot be asked without a ViewSet (%s): declare others.", names, reason)


def request_for(context: Context) -> DRFRequest:
    """The request that an author's function and its permissions see: a GET by the caller, with ``request.mcp``.

    Args:
        context: Who asks.
    """
    identity = Identity(AnonymousUser(), None, None) if context.identity.is_of_views else context.identity
    request = DRFRequest(inner_request("get", "/", context, Call(identity)))
    request._authenticator = identity.authenticator  # type: ignore[attr-defined]
    request.user, request.auth = identity.user, identity.auth
    return request
