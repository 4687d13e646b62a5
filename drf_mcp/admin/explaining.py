"""What one caller gets of the tools, resources and prompts, and why not the rest. Nothing is called for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, Group
from django.utils.translation import gettext as _
from rest_framework.request import ForcedAuthentication

from drf_mcp.auth.identity import Identity, endpoint_authentication_classes, foreign_authentication_class
from drf_mcp.auth.tokens import AccessTokenAuthentication
from drf_mcp.catalog import offered_catalog
from drf_mcp.conf import mcp_settings
from drf_mcp.context import Context
from drf_mcp.declarations import DeclaredPrompt, DeclaredResource, registry
from drf_mcp.local import Mount, request_to
from drf_mcp.models import Prompt as StoredPrompt
from drf_mcp.narrowing import EVERYTHING, Narrowing
from drf_mcp.prompts import declared_prompts, stored_prompts
from drf_mcp.protocol.client import LATEST
from drf_mcp.protocol.revisions import REVISIONS
from drf_mcp.resource_catalog import get_resources
from drf_mcp.resource_kinds import AuthoredResource, Resource, RoutedResource
from drf_mcp.rules import Rule, snapshot
from drf_mcp.tools import Tool
from drf_mcp.visibility import Viewer

from .permission_words import who_may_call


@dataclass(frozen=True, slots=True)
class Entry:
    """A tool, resource or prompt.

    Args:
        name: Its name or URI.
        title: What people see.
        reason: Why it is missing, empty for one that is there.
    """

    name: str
    title: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """All tools, all resources or all prompts.

    Args:
        title: What they are called.
        there: What the caller gets.
        missing: What the caller does not get.
    """

    title: str
    there: Sequence[Entry]
    missing: Sequence[Entry]

    @classmethod
    def of(cls, title: str, entries: Iterable[Entry]) -> Kind:
        """Sort entries by whether they are there."""
        found = sorted(entries, key=lambda entry: entry.name)
        return cls(title, [entry for entry in found if not entry.reason], [entry for entry in found if entry.reason])


class Explanation:
    """What one caller gets at one endpoint.

    Args:
        user: Who; None for somebody without credentials.
        token: Their access token, None for one that narrows nothing.
        mount: The endpoint.
    """

    def __init__(self, user: Any, token: Any, mount: Mount) -> None:
        own = mount.narrowing
        by_settings = Narrowing.of(mcp_settings.READ_ONLY, mcp_settings.INCLUDE, mcp_settings.EXCLUDE)
        self.identity = identity_of(user, token)
        self._narrowings = [
            (_("the settings"), by_settings),
            (_("the endpoint {path}").format(path=mount.path), own),
            (_("the token"), self.identity.narrowing),
        ]
        self.context = Context(
            request_to(mount, "POST"),
            self.identity,
            REVISIONS[LATEST],
            sent_version=True,
            _narrowings=(by_settings, own),
        )
        self._viewer = Viewer(self.context)

    @property
    def kinds(self) -> list[Kind]:
        """The tools, resources and prompts."""
        return [
            Kind.of(_("Tools"), self._tools()),
            Kind.of(_("Resources"), self._resources()),
            Kind.of(_("Prompts"), self._prompts()),
        ]

    def _tools(self) -> Iterable[Entry]:
        for tool in offered_catalog().tools:
            yield Entry(tool.name, tool.title, "" if self._viewer.sees(tool) else self.why_not(tool))

    def why_not(self, tool: Tool) -> str:
        """Why the caller does not see a tool."""
        rule = snapshot.current().refusing(tool, self.context.user)
        if rule is not None:
            return _of_rule(rule)
        for name, narrowing in self._narrowings:
            if narrowing != EVERYTHING and not tool.is_left_by([narrowing]):
                return _("Left out by {what}.").format(what=name)
        foreign = foreign_authentication_class(tool.endpoint.authentication_classes or (), self.identity)
        if foreign and not isinstance(self.identity.authenticator, ForcedAuthentication):
            return _("Its view takes only callers whom {cls} proves.").format(cls=foreign)
        refusing = self._viewer.refused_by(tool)
        if refusing:
            words = {"cls": refusing, "who": who_may_call(tool)}
            return _("Refused by the view's permission class {cls}. It is for: {who}.").format(**words)
        return _("Its view refuses.")

    def _resources(self) -> Iterable[Entry]:
        found: dict[str, Entry] = {}
        for resource in get_resources(self.context).resources:
            uri, is_there = resource.template.text, resource.is_visible(self._viewer)
            if uri not in found or is_there:  # several routes may have one URI
                found[uri] = Entry(uri, resource.title, "" if is_there else self._why_no_resource(resource))
        return found.values()

    def _why_no_resource(self, resource: Resource) -> str:
        if isinstance(resource, AuthoredResource):
            return self._why_not_declared(resource.declared)
        if isinstance(resource, RoutedResource) and not self._viewer.sees(resource.tool):
            return self.why_not(resource.tool)
        return _("Its tool asks for confirmation, which reading a resource cannot.")

    def _prompts(self) -> Iterable[Entry]:
        declared = [(prompt, self._why_not_declared(registry.prompts[prompt.name])) for prompt in declared_prompts()]
        stored = [(prompt, _("It is for other groups.")) for prompt in stored_prompts()]
        for prompt, reason in [*declared, *stored]:
            yield Entry(prompt.name, prompt.title, "" if prompt.is_visible(self.context) else reason)
        for name, title in StoredPrompt.objects.filter(is_enabled=False).values_list("name", "title"):
            yield Entry(name, title, _("It is not enabled."))

    def _why_not_declared(self, declared: DeclaredResource | DeclaredPrompt) -> str:
        rule = snapshot.current().refusing_function(declared.function, self.context.user)
        return _("Its own permission classes refuse.") if rule is None else _of_rule(rule)


def _of_rule(rule: Rule) -> str:
    if not rule.is_enabled:
        return _("Switched off by the rule for: {what}.").format(what=rule.label)
    names = Group.objects.filter(pk__in=rule.groups or ()).order_by("name").values_list("name", flat=True)
    groups = ", ".join(names) or _("nobody")
    return _("The rule for {what} limits it to members of: {groups}.").format(what=rule.label, groups=groups)


def identity_of(user: Any, token: Any) -> Identity:
    """Who calls, as the endpoint would prove them with a token of its own kind.

    Args:
        user: Who; None for nobody.
        token: Their access token, None where any would do.
    """
    if user is None:
        return Identity(AnonymousUser(), None, None)
    classes = endpoint_authentication_classes()
    if token is not None or AccessTokenAuthentication in classes:
        return Identity(user, token, AccessTokenAuthentication())
    return Identity(user, None, classes[0]() if classes else ForcedAuthentication(user, None))
