"""System checks: what ``manage.py check`` says about the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import checks
from django.core.cache import caches
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connections, router
from django.http import HttpRequest
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from rest_framework.permissions import DjangoModelPermissions
from rest_framework.views import APIView

from .auth.identity import Identity, ambient_classes, endpoint_authentication_classes, foreign_authentication_class
from .auth.tokens import AccessTokenAuthentication, has_table
from .catalog import get_catalog
from .conf import mcp_settings
from .context import Context
from .declarations import DeclaredPrompt, DeclaredResource, registry
from .engines import get_engine, is_private_cache
from .invocation import WITHHELD_META, meta_key
from .models import Call
from .narrowing import EVERYTHING, Narrowing, vain_patterns
from .protocol.revisions import LATEST_HANDSHAKE
from .protocol.uri_templates import shape_of
from .resource_catalog import resources_of
from .resource_kinds import RoutedResource
from .views import NARROWED_BY, MCPView
from .visibility import Viewer


@register("drf_mcp", Tags.security)
def check_settings(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Whether the settings can be read and let anyone in who should.

    ``drf_mcp.E001`` for a setting that cannot be read, ``drf_mcp.E002`` for an ambient class,
    ``drf_mcp.E005`` for a header that reaches no view, ``drf_mcp.W004`` where nobody can get in.

    Args:
        app_configs: Unused; the settings belong to no app of the project.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings.
    """
    try:
        classes = mcp_settings.AUTHENTICATION_CLASSES or ()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), hint="See the reference of the settings.", id="drf_mcp.E001")]
    withheld = [name for name in mcp_settings.FORWARD_HEADERS if meta_key(name) in WITHHELD_META]
    wrong: list[CheckMessage] = [
        checks.Error(
            f'DRF_MCP["FORWARD_HEADERS"] names {name}, which never reaches a ViewSet.',
            hint="What proves a caller stays at the endpoint; the ViewSet gets the user. Remove this name.",
            id="drf_mcp.E005",
        )
        for name in withheld
    ]
    wrong += [
        checks.Error(
            f'DRF_MCP["AUTHENTICATION_CLASSES"] names {name}, which a browser satisfies by itself.',
            hint="Name classes that read a token from the Authorization header. This one is left out.",
            id="drf_mcp.E002",
        )
        for name in ambient_classes(classes)
    ]
    if wrong or mcp_settings.ANONYMOUS or endpoint_authentication_classes():
        return wrong
    return [
        checks.Warning(
            "Nobody can call the MCP endpoint: it has no authentication class and refuses anonymous callers.",
            hint="What a browser sends by itself does not count. Add a class that reads a token, such as DRF's "
            'TokenAuthentication, to REST_FRAMEWORK or to DRF_MCP["AUTHENTICATION_CLASSES"].',
            id="drf_mcp.W004",
        )
    ]


@register("drf_mcp", deploy=True)
def check_catalog(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """What the catalog could not read or leaves out, for ``check --deploy``.

    ``drf_mcp.W001`` for a view that would not tell its serializer, queryset or filters without a real
    request, ``drf_mcp.W002`` for a view whose authentication class takes no identity from MCP,
    ``drf_mcp.W003`` for a schema that an author gave as a dict, ``drf_mcp.W005`` for a tool that asks without
    a cache that all processes share, ``drf_mcp.I001`` for a view left out.

    Args:
        app_configs: Unused; the catalog belongs to the URLconf.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings.
    """
    catalog = get_catalog()
    found: list[CheckMessage] = []
    silent: dict[tuple[str, str], list[str]] = {}
    for tool in catalog.tools:
        view = f"{tool.endpoint.viewset.__module__}.{tool.endpoint.viewset.__qualname__}"
        for problem in tool.endpoint.problems:
            alike = re.sub(r" at 0x[0-9a-f]+", "", problem)  # an object of the error differs for each tool
            silent.setdefault((view, alike), []).append(tool.name)
        if foreign := foreign_authentication_class(tool.endpoint.authentication_classes or ()):
            hint = 'Name the class in DRF_MCP["ACCEPT_IDENTITY_FOR"] if a token is proof enough for this view.'
            message = f"{tool.name} takes only callers whom its view's own classes prove: it insists on {foreign}."
            found.append(checks.Warning(message, hint=hint, obj=view, id="drf_mcp.W002"))
        if tool.asks and is_private_cache():
            hint = (
                "Answers reach any process, and find the one that asked through the cache. Point CACHES['default'] at "
                "Redis, Memcached, the database or files, unless there is one process only."
            )
            kind = type(caches["default"]).__name__
            message = (
                f"{tool.name} asks its caller, and CACHES['default'] is a {kind}, which other processes never see."
            )
            found.append(checks.Warning(message, hint=hint, obj=view, id="drf_mcp.W005"))
        if tool.signature.is_verbatim:
            hint = "Some clients refuse a whole server for one schema they dislike. A serializer class is safe."
            message = f"{tool.name} has a schema that goes to clients as it stands."
            found.append(checks.Warning(message, hint=hint, obj=view, id="drf_mcp.W003"))
    hint = "The tools work and their schemas say less than they could. Look at swagger_fake_view, or declare input=."
    found += [
        checks.Warning(f"{', '.join(names)}: {problem}", hint=hint, obj=view, id="drf_mcp.W001")
        for (view, problem), names in silent.items()
    ]
    left_out = [
        checks.Info(f"{skipped.path} is no tool. {skipped.reason}", obj=skipped.view, id="drf_mcp.I001")
        for skipped in catalog.skipped
    ]
    return [*found, *left_out]


@register("drf_mcp", deploy=True)
def check_processes(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Whether processes can tell each other what changes, for ``check --deploy``.

    ``drf_mcp.I004`` where they share neither a cache nor a Redis, ``drf_mcp.W009`` where the package ``redis`` is
    missing.

    Args:
        app_configs: Unused; the settings belong to no app of the project.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings.
    """
    if mcp_settings.REDIS_URL:
        try:
            get_engine()
        except (ImproperlyConfigured, ValueError) as error:
            return [checks.Warning(f"Clients are not told what changes. {error}", id="drf_mcp.W009")]
    elif is_private_cache():
        kind = type(caches["default"]).__name__
        hint = (
            "Nothing to do under WSGI, or with one process: there is nothing to tell others then. Else set "
            'DRF_MCP["REDIS_URL"], or point CACHES["default"] at Redis, Memcached, the database or files.'
        )
        message = f"Clients cannot listen to what changes: CACHES['default'] is a {kind}, which no other process sees."
        return [checks.Info(message, hint=hint, id="drf_mcp.I004")]
    return []


@register("drf_mcp", deploy=True)
def check_tokens(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """What proves less at the endpoint than it seems to, for ``check --deploy``.

    ``drf_mcp.W013`` where the table of the access tokens is missing, ``drf_mcp.W014`` for JWTs that are made
    for nobody in particular, ``drf_mcp.W015`` for DRF's own tokens.

    Args:
        app_configs: Unused; the endpoint belongs to no app of the project.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings.
    """
    classes = endpoint_authentication_classes()
    found: list[CheckMessage] = []
    if AccessTokenAuthentication in classes and not has_table():
        hint = "Run 'manage.py migrate'. Until then no access token lets anybody in."
        found.append(checks.Warning("The table of the access tokens is missing.", hint=hint, id="drf_mcp.W013"))
    is_for_somebody = getattr(settings, "SIMPLE_JWT", {}).get("AUDIENCE")
    if not is_for_somebody and any(_is_one_of(cls, _JWT_CLASSES) and not _looks_closer(cls) for cls in classes):
        hint = 'Set SIMPLE_JWT["AUDIENCE"], or name a class of your own for the endpoint; see the guide on simplejwt.'
        message = "The MCP endpoint takes every JWT of this project, also those that were made for something else."
        found.append(checks.Warning(message, hint=hint, id="drf_mcp.W014"))
    if any(_is_one_of(cls, ("rest_framework.authentication.TokenAuthentication",)) for cls in classes):
        hint = "Take access tokens, which 'manage.py mcp_token' makes, or tokens of knox."
        message = "The MCP endpoint takes DRF's tokens, which the database holds as they are and which never expire."
        found.append(checks.Warning(message, hint=hint, id="drf_mcp.W015"))
    return found


def _is_one_of(cls: type, paths: Sequence[str]) -> bool:
    """Whether it is a class of one of these paths, none of which has to be installed, or made of one."""
    return any(f"{base.__module__}.{base.__qualname__}" in paths for base in cls.__mro__)


def _looks_closer(cls: Any) -> bool:
    """Whether a class of JWTs has a say of its own in which of them are valid."""
    own = not cls.get_validated_token.__module__.startswith("rest_framework_simplejwt.")
    return own or bool(getattr(cls, "names_its_audience", False))


_JWT_CLASSES = (
    "rest_framework_simplejwt.authentication.JWTAuthentication",
    "rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication",
)


@register("drf_mcp", deploy=True)
def check_declarations(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """What nobody can read or get although it is declared or routed, for ``check --deploy``.

    ``drf_mcp.W006`` for what an author declared and its permission classes keep from everybody, since they
    want a ViewSet's queryset, ``drf_mcp.W007`` for a declared resource whose URI a route has,
    ``drf_mcp.I002`` for a tool that is no resource.

    Args:
        app_configs: Unused; the registry belongs to all apps.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings.
    """
    catalog = resources_of()
    routed = {shape_of(entry.template.text) for entry in catalog.resources if isinstance(entry, RoutedResource)}
    found: list[CheckMessage] = []
    for tool, reason in catalog.skipped:
        message = f"/{tool.endpoint.route} is no resource. {reason}"
        found.append(checks.Info(message, obj=tool.name, id="drf_mcp.I002"))
    for uri in registry.resources:
        if shape_of(uri) in routed:
            hint = f"Choose another scheme than {mcp_settings.RESOURCE_SCHEME!r}, which stands for the routes."
            message = f"@resource({uri!r}) has the URI of a route."
            found.append(checks.Warning(message, hint=hint, obj=uri, id="drf_mcp.W007"))
    for where, declared in _declarations():
        classes = APIView.permission_classes if declared.permission_classes is None else declared.permission_classes
        for cls in classes:
            if isinstance(cls, type) and issubclass(cls, DjangoModelPermissions):
                hint = "Name permission_classes= that need no queryset, such as IsAuthenticated."
                message = f"{where} is for nobody: {cls.__name__} can only be asked for a view with a queryset."
                found.append(checks.Warning(message, hint=hint, obj=where, id="drf_mcp.W006"))
    return found


@register("drf_mcp", Tags.security, deploy=True)
def check_offers(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """What the endpoints offer to callers without credentials, and what narrows them in vain, for ``check --deploy``.

    ``drf_mcp.W010`` for tools that change something and are open to anonymous callers, outside of ``DEBUG``,
    ``drf_mcp.W011`` for a pattern that matches no tool.

    Args:
        app_configs: Unused; the endpoints belong to the URLconf.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings.
    """
    tools = get_catalog().tools
    narrowings = _narrowings()
    found: list[CheckMessage] = []
    patterns = [pattern for pair in narrowings for each in pair for pattern in (*(each.include or ()), *each.exclude)]
    for pattern in vain_patterns(patterns, tools):
        hint = "Look for the names in `manage.py mcp_tools`, or take the pattern out."
        found.append(checks.Warning(f"The pattern {pattern!r} matches no tool.", hint=hint, id="drf_mcp.W011"))
    if settings.DEBUG or not mcp_settings.ANONYMOUS:
        return found
    viewers = [Viewer(_anonymous_context(pair)) for pair in narrowings]
    writing = [tool.name for tool in tools if not tool.only_reads and any(viewer.sees(tool) for viewer in viewers)]
    if writing:
        shown = ", ".join(writing[:_SHOWN]) + (f" and {len(writing) - _SHOWN} more" if len(writing) > _SHOWN else "")
        hint = "Give their ViewSets permission classes, or the endpoint read_only=True, or set ANONYMOUS to False."
        message = f"Callers without credentials may use tools that change something: {shown}."
        found.append(checks.Warning(message, hint=hint, id="drf_mcp.W010"))
    return found


_SHOWN = 10


def _narrowings() -> list[tuple[Narrowing, Narrowing]]:
    """What each routed endpoint leaves of the tools; that of the settings alone where none can be found."""
    by_settings = Narrowing.of(mcp_settings.READ_ONLY, mcp_settings.INCLUDE, mcp_settings.EXCLUDE)
    by_views = [
        Narrowing.of(*(view.initkwargs.get(name, getattr(view.cls, name)) for name in NARROWED_BY))
        for view in _callbacks(get_resolver())
        if isinstance(cls := getattr(view, "cls", None), type) and issubclass(cls, MCPView)
    ]
    return [(by_settings, by_view) for by_view in by_views or [EVERYTHING]]


def _callbacks(resolver: URLResolver) -> Iterator[Any]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _callbacks(pattern)
        else:
            yield pattern.callback


def _anonymous_context(narrowings: tuple[Narrowing, ...]) -> Context:
    nobody = Identity(AnonymousUser(), None, None)
    return Context(HttpRequest(), nobody, LATEST_HANDSHAKE, sent_version=True, _narrowings=narrowings)


def _declarations() -> Iterator[tuple[str, DeclaredResource | DeclaredPrompt]]:
    for uri, declared_resource in registry.resources.items():
        yield f"@resource({uri!r})", declared_resource
    for name, declared_prompt in registry.prompts.items():
        yield f"@prompt {name!r}", declared_prompt


@register("drf_mcp", deploy=True)
def check_calls(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Whether calls are recorded as the settings say, for ``check --deploy``.

    ``drf_mcp.W016`` where their table is missing, ``drf_mcp.W017`` for calls that should have been deleted.

    Args:
        app_configs: Unused; the table is this app's own.
        kwargs: Unused; what else Django tells a check.

    Returns:
        The findings; none where no database answers.
    """
    if mcp_settings.RECORD == "none":
        return []
    days, alias = mcp_settings.RETAIN_DAYS, router.db_for_write(Call)
    try:
        if Call._meta.db_table not in connections[alias].introspection.table_names():
            hint = "Run 'manage.py migrate', or set DRF_MCP['RECORD'] to 'none'. Until then no call is recorded."
            return [checks.Warning("The table of the calls is missing.", hint=hint, id="drf_mcp.W016")]
        late = timezone.now() - timedelta(days=days + 7)
        if days and Call.objects.using(alias).filter(at__lt=late).exists():
            hint = "Let something run 'manage.py mcp_purge' every day, or set DRF_MCP['RETAIN_DAYS'] to 0."
            message = f"Calls are kept that are more than {days + 7} days old, although RETAIN_DAYS is {days}."
            return [checks.Warning(message, hint=hint, id="drf_mcp.W017")]
    except Error:
        pass
    return []
