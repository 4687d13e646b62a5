"""The settings: one dict, ``DRF_MCP``, whose defaults stand here with a paragraph each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, get_args, get_origin, get_type_hints

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

try:
    __version__ = version("drf-viewset-mcp")
except PackageNotFoundError:  # a source tree that was put on the path without being installed
    __version__ = "0.0.0"


class MCPSettings:
    """``DRF_MCP`` with its defaults; each setting is an attribute of this object.

    A key that is not listed here is refused with the nearest that is. Changes through Django's
    ``override_settings`` are seen at once.

    Raises:
        ImproperlyConfigured: On first access, for an unknown key or a class that cannot be imported.
    """

    SERVER_INFO: Mapping[str, str] = {"name": "drf-viewset-mcp", "version": __version__}
    """How the server names itself to clients: ``name``, ``version`` and, if you like, ``title``."""

    INSTRUCTIONS: str = ""
    """What a model should know of this server as a whole; sent once, when a client connects."""

    ANONYMOUS: bool = False
    """Whether a caller without credentials is served at all. What such a caller may do is then
    decided by each ViewSet's permissions, as it is for REST. When False, the answer is a 401 that
    says how to get in."""

    AUTHENTICATION_CLASSES: Sequence[Any] | None = None
    """How a caller proves who it is: DRF authentication classes, as classes or dotted paths. None
    takes the access tokens of this package, ``REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"]`` and, for
    the ViewSets that name them, classes that only ViewSets name. Classes that a browser satisfies by
    itself (session, basic and remote-user authentication) are left out either way, since with them
    any web page could call tools in the name of its visitor."""

    ACCEPT_IDENTITY_FOR: Sequence[Any] = ()
    """Authentication classes of ViewSets that take the identity which was proved at the MCP
    endpoint, in addition to the ordinary ones: the project's defaults and those of DRF, simplejwt,
    knox and django-oauth-toolkit. A ViewSet that insists on any other class, such as a second factor
    or a device certificate, refuses tool calls until its class is named here."""

    ALLOWED_ORIGINS: Sequence[str] = ()
    """Origins of web pages that may call the endpoint from a browser, as ``https://example.com``.
    ``PUBLIC_URL``'s own origin is always allowed; a request without an ``Origin`` header, which is
    what everything but a browser sends, is not concerned."""

    PUBLIC_URL: str | None = None
    """The site's address as clients see it, as ``https://example.com``. None means the address of
    the request, and only while ``DEBUG`` is on."""

    AUTHORIZATION_SERVERS: Sequence[str] = ()
    """Where people sign in for this server: issuers of OAuth access tokens, as ``https://login.example.com``.
    Where any are named, clients are told of them, and ``PUBLIC_URL`` has to be set outside of ``DEBUG``."""

    MAX_BODY_SIZE: int = 2_621_440
    """The largest message in bytes; a larger one is answered with 413 before it is read."""

    MAX_FILE_SIZE: int = 1_048_576
    """The largest file in bytes that a tool takes as an argument, once decoded. Base64 through a model
    is slow and easily damaged; larger files belong on another way."""

    MAX_ITEMS: int = 200
    """How many items a list that does not page brings at most. The result then says how many there are;
    a paginator on the ViewSet lets callers have the rest."""

    MAX_TEXT: int = 30_000
    """How many characters of data the text of a result shows. Clients refuse or cut what is longer than
    16,000 to 25,000 tokens; 30,000 characters of labelled values are about 10,000 in English. What is
    left out is counted, with the arguments that bring it."""

    MAX_DATA: int = 40_000
    """How many bytes the structured content of a result has at most where its schema lets it be shortened: some
    clients give it to the model instead of the text. What is left out of a list is counted under ``left_out``, with
    the arguments that bring it, and strings that are cut say so. 0 leaves out nothing."""

    FIELDS: bool = False
    """Whether ``list`` and ``retrieve`` tools take an argument ``fields``, by which a caller names what it wants of
    each object. The ViewSet answers as ever; the rest is left out of the result."""

    RESULT: Literal["full", "brief"] = "full"
    """What DRF's own create and update actions answer: ``"full"`` is the whole object, ``"brief"`` what identifies
    it, by which the rest can be asked for."""

    RESOURCE_SCHEME: str = "drf"
    """What the URIs of resources begin with, as in ``drf:///api/users/3/``. The rest is the path of the
    project's own route: no host, and nothing that differs between two processes."""

    LINK_FILES: bool = True
    """Whether the files of a serializer's ``FileField`` are resources: linked in the results of tools,
    and readable by those who may retrieve the object. Switch it off where files are guarded by more than
    the API that prints their address."""

    CONFIRM: Literal["off", "destroy", "destructive"] = "off"
    """Which calls ask before they do anything: ``"off"`` for none, ``"destroy"`` for those that delete,
    ``"destructive"`` for every tool that may overwrite or delete."""

    ANSWER_SECONDS: int = 600
    """How long a question that a tool asks its caller may stay unanswered."""

    TIME_LIMIT: int = 0
    """How many seconds a call of a tool may take before its client is told that it took too long; 0 for as long
    as it likes. A view that is no coroutine goes on meanwhile: nothing can stop a thread."""

    REDIS_URL: str | None = None
    """Where a Redis is, as ``redis://127.0.0.1:6379/0``, through which processes tell each other what has
    changed, for clients that listen. It needs the package ``redis``, which ``drf-viewset-mcp[redis]`` brings.
    None means Django's cache, if it is one that processes share."""

    LOG_ARGUMENTS: bool = False
    """Whether the log of calls holds what each tool and prompt was called with: masked, and with the length of a
    long text in its place."""

    SENSITIVE_NAMES: Sequence[str] = ()
    """Parts of names whose values no log holds, such as ``"diagnosis"``, beside those that are always masked."""

    FORWARD_HEADERS: Sequence[str] = ()
    """Names of request headers that reach the ViewSets, such as ``X-Tenant``. The headers of proxies,
    the language, the user agent and the trace context always do; credentials and cookies never."""

    SKIP_MIDDLEWARE: Sequence[str] = ()
    """Entries of ``MIDDLEWARE`` that a tool call passes once instead of twice. A tool call goes
    through the project's middleware as the REST call would, inside the MCP request, which has passed
    it already. Name what must not see both, such as a request counter, or what costs too much."""

    EXPOSE: Literal["all", "decorated"] = "all"
    """Which routed actions are tools: ``"all"``, or those alone that ``@mcp_tool`` or ``mcp = True`` on their
    ViewSet marks. What is excluded is none either way."""

    READ_ONLY: bool = False
    """Whether only tools that change nothing are offered, whatever else is said anywhere."""

    INCLUDE: Sequence[str] | None = None
    """Patterns of the tools that are offered, such as ``list_*`` or ``app:users``; None for all. An endpoint,
    a token and a client can take more away, and none can bring anything back."""

    EXCLUDE: Sequence[str] = ()
    """Patterns of the tools that are not offered."""

    TOOL_SEARCH: bool | int = False
    """Whether ``tools/list`` has three tools in the place of all: one that finds the caller's tools by words, and two
    that call what it finds, of which one only reads. A number means: for callers who would see more than that."""

    API_VIEWS: bool = False
    """Whether generic views and plain ``APIView`` classes are tools, too, beside ViewSets."""

    VALIDATION_ERRORS: Literal["error", "result"] = "error"
    """How a client learns that the serializer refused its arguments: ``"error"`` is a JSON-RPC error
    with code -32602, ``"result"`` a tool result with ``isError``, which the revisions from 2025-11-25
    on prefer."""

    RESULT_TEXT: Literal["readable", "json"] = "readable"
    """What stands in the text of a result: ``"readable"`` is prose with labels, ``"json"`` the plain
    JSON of the REST answer."""

    RECORD: Literal["writes", "all", "none"] = "writes"
    """Which calls are kept in a table, for Django admin: ``"writes"`` for tools that may change something and
    for every call that was refused or failed, ``"all"`` for every call of a tool, resource or prompt."""

    RECORD_ARGUMENTS: bool = False
    """Whether the arguments of a call are kept with it, without the values of sensitive ones."""

    RETAIN_DAYS: int = 90
    """For how many days calls are kept: ``manage.py mcp_purge`` deletes those that are older. 0 keeps them
    for ever."""

    def __getattr__(self, name: str) -> Any:
        # Only reached before the first load: what is loaded are plain attributes.
        if name not in DEFAULTS:
            raise AttributeError(name)
        self.load()
        return vars(self)[name]

    def load(self) -> None:
        """Read ``DRF_MCP`` over the defaults.

        Raises:
            ImproperlyConfigured: An unknown key, a value of the wrong type, or a class that cannot be imported.
        """
        values = dict(DEFAULTS)
        for name, value in getattr(settings, "DRF_MCP", {}).items():
            if name not in values:
                raise ImproperlyConfigured(unknown_setting(name, list(values)))
            _check(name, value)
            values[name] = value
        if not re.fullmatch(r"[a-z][a-z0-9+.-]*", values["RESOURCE_SCHEME"]):
            raise ImproperlyConfigured(
                f"DRF_MCP['RESOURCE_SCHEME'] must be a scheme such as 'shop', not {values['RESOURCE_SCHEME']!r}."
            )
        if values["AUTHENTICATION_CLASSES"] is not None:
            values["AUTHENTICATION_CLASSES"] = [_import(c) for c in values["AUTHENTICATION_CLASSES"]]
        values["ACCEPT_IDENTITY_FOR"] = [_import(c) for c in values["ACCEPT_IDENTITY_FOR"]]
        values["SERVER_INFO"] = {**DEFAULTS["SERVER_INFO"], **values["SERVER_INFO"]}
        vars(self).update(values)

    def reload(self) -> None:
        """Forget what was read, so that the next access reads ``DRF_MCP`` again."""
        vars(self).clear()


DEFAULTS: dict[str, Any] = {name: value for name, value in vars(MCPSettings).items() if name.isupper()}
"""Each setting's default. They leave the class, so that an attribute that is not loaded yet is missed."""
for _name in DEFAULTS:
    delattr(MCPSettings, _name)

_HINTS = get_type_hints(MCPSettings)


def _check(name: str, value: Any) -> None:
    """Refuse a value that would be read as something else than was meant.

    Raises:
        ImproperlyConfigured: A truthy word for a bool, a string for a list, a word that is no choice.
    """
    hint, default = _HINTS[name], DEFAULTS[name]
    if get_origin(hint) is Literal:
        is_right, wanted = value in get_args(hint), " or ".join(map(repr, get_args(hint)))
    elif get_args(hint) == (bool, int):
        is_right, wanted = type(value) in (bool, int) and value >= 0, "True, False or a number"
    elif isinstance(default, (bool, int, str)):
        is_right, wanted = type(value) is type(default), type(default).__name__
    elif isinstance(default, Mapping):
        is_right, wanted = isinstance(value, Mapping), "dict"
    elif isinstance(default, tuple) or name in ("AUTHENTICATION_CLASSES", "INCLUDE"):
        is_right, wanted = value is None or isinstance(value, (list, tuple)), "list"
    else:
        is_right, wanted = value is None or isinstance(value, str), "string or None"
    if not is_right:
        raise ImproperlyConfigured(f"DRF_MCP[{name!r}] must be {wanted}, not {value!r}.")


def unknown_setting(name: str, known: list[str]) -> str:
    """The sentence that answers a key which is no setting."""
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
    return f"DRF_MCP has no setting {name!r}. Did you mean {nearest!r}?"


def _import(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return import_string(value)
    except ImportError as error:
        raise ImproperlyConfigured(f"DRF_MCP names {value!r}, which cannot be imported: {error}") from error


mcp_settings = MCPSettings()


def _reload(*, setting: str, **kwargs: Any) -> None:
    if setting == "DRF_MCP":
        mcp_settings.reload()


setting_changed.connect(_reload, dispatch_uid="drf_mcp.conf")
