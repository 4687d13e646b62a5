"""A view that notes every hook of Django and DRF that a call passes, and views that fail in every way."""

from __future__ import annotations

import inspect
from types import FunctionType

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy
from rest_framework import (
    authentication,
    exceptions,
    filters,
    negotiation,
    pagination,
    parsers,
    permissions,
    renderers,
    serializers,
    throttling,
    versioning,
    viewsets,
)
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from tests.shop.models import Attempt, Order, Person, Product, Task
from tests.shop.serializers import (
    AttemptSerializer,
    OrderSerializer,
    PersonSerializer,
    ProductSerializer,
    TaskSerializer,
)

passed: list[str] = []
"""The hooks that were passed, in order, each behind the class that has it and with the words that it was given."""


def hooks_of(*bases: type) -> set[str]:
    """What a project can override of these classes: their public methods and properties."""
    kinds = (FunctionType, property)
    return {name for base in bases for name, member in vars(base).items() if isinstance(member, kinds)} - {
        name for base in bases for name in vars(base) if name.startswith("_")
    }


def noting(*bases: type):
    """Let a class note each hook of these bases that is passed, before it does what it always does."""

    def override(cls):
        for name in hooks_of(*bases):
            is_property = isinstance(inspect.getattr_static(cls, name), property)
            method = _noting(cls, name, vars(cls).get(name), is_property=is_property)
            setattr(cls, name, property(method) if is_property else method)
        return cls

    return override


def _noting(cls, name, own, *, is_property):
    def method(self, *args, **kwargs):
        passed.append(" ".join([f"{cls.__name__}.{name}", *(word for word in args if isinstance(word, str))]))
        if own is not None:
            return own(self, *args, **kwargs)
        inherited = getattr(super(cls, self), name)
        return inherited if is_property else inherited(*args, **kwargs)

    method.__name__ = name
    return method


@noting(renderers.BaseRenderer)
class Renderer(renderers.JSONRenderer):
    pass


@noting(parsers.BaseParser)
class Parser(parsers.JSONParser):
    pass


@noting(authentication.BaseAuthentication)
class Authentication(authentication.TokenAuthentication):
    pass


@noting(permissions.BasePermission)
class Permission(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return view.action != "guarded"


@noting(throttling.BaseThrottle)
class Throttle(throttling.BaseThrottle):
    def allow_request(self, request, view):
        return view.action != "busy"


@noting(filters.BaseFilterBackend)
class Backend(filters.BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        return queryset


@noting(pagination.BasePagination)
class Pages(pagination.PageNumberPagination):
    page_size = 2


@noting(versioning.BaseVersioning)
class Versions(versioning.QueryParameterVersioning):
    default_version = "v1"


@noting(negotiation.BaseContentNegotiation)
class Negotiation(negotiation.DefaultContentNegotiation):
    pass


@noting(serializers.BaseSerializer, serializers.Serializer)
class NotingSerializer(TaskSerializer):
    pass


def noting_handler(exc, context):
    """The project's own exception handler."""
    passed.append(f"exception_handler {type(exc).__name__}")
    return exception_handler(exc, context)


@noting(*viewsets.ModelViewSet.__mro__)
class HookViewSet(viewsets.ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = NotingSerializer
    renderer_classes = [Renderer]
    parser_classes = [Parser]
    authentication_classes = [Authentication]
    permission_classes = [Permission]
    throttle_classes = [Throttle]
    filter_backends = [Backend]
    pagination_class = Pages
    versioning_class = Versions
    content_negotiation_class = Negotiation

    def finalize_response(self, request, response, *args, **kwargs):
        response.add_post_render_callback(lambda response: passed.append("post_render_callback"))
        return super().finalize_response(request, response, *args, **kwargs)

    @action(detail=True, methods=["post"])
    def fail(self, request, pk=None):
        raise exceptions.PermissionDenied("Not this one.")

    @action(detail=True, methods=["post"])
    def guarded(self, request, pk=None):
        return Response(self.get_serializer(self.get_object()).data)

    @action(detail=True, methods=["post"])
    def busy(self, request, pk=None):
        return Response()

    @action(detail=True, methods=["post"])
    def prove(self, request, pk=None):
        raise exceptions.NotAuthenticated

    @action(detail=True, methods=["post"])
    def crash(self, request, pk=None):
        raise RuntimeError("crash")

    @action(detail=True, methods=["post"])
    def link(self, request, pk=None):
        return Response({"url": self.reverse_action("detail", [pk]), "allowed": self.allowed_methods})


class TruthViewSet(viewsets.GenericViewSet):
    """Says what an action finds in its request."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    versioning_class = versioning.QueryParameterVersioning

    def _truth(self, request):
        return {
            "data": request.data,
            "query": {key: request.query_params.getlist(key) for key in request.query_params},
            "GET": request.GET.urlencode(),
            "files": sorted(request.FILES),
            "user": request.user.username,
            "django_user": request._request.user.username,
            "auth": type(request.auth).__name__,
            "authenticator": type(request.successful_authenticator).__name__,
            "version": request.version,
            "renderer": request.accepted_renderer.format,
            "media_type": request.accepted_media_type,
            "method": request.method,
            "content_type": request.content_type if request.method in ("POST", "PUT", "PATCH") else None,
            "path": request.path,
            "full_path": request.get_full_path(),
            "uri": request.build_absolute_uri(),
            "link": request.build_absolute_uri("/x/"),
            "host": request.get_host(),
            "secure": request.is_secure(),
            "scheme": request.scheme,
            "address": request.META.get("REMOTE_ADDR"),
            "agent": request.headers.get("User-Agent"),
            "language": request.headers.get("Accept-Language"),
            "kwargs": request.parser_context["kwargs"],
            "view_name": request.resolver_match.view_name,
            "action": self.action,
            "detail": self.detail,
            "basename": self.basename,
            "name": self.get_view_name(),
            "action_map": {k: v for k, v in self.action_map.items() if k != "head"},
            "csrf": getattr(request, "csrf_processing_done", None),
            "encoding": request.encoding,
        }

    @action(detail=True, methods=["get", "post", "put", "patch", "delete"], url_path="truth")
    def truth(self, request, pk=None):
        colour = request.query_params.get("colour")
        return Response({**self._truth(request), "colour": colour, "read": request.data.get("size")})

    @action(detail=False)
    def context(self, request):
        found = request.mcp
        return Response(
            {
                "mcp": None if found is None else type(found).__name__,
                "user": getattr(found, "user", None) and found.user.username,
            }
        )

    @action(detail=False)
    def credentials(self, request):
        return Response(
            {
                "headers": dict(request.headers),
                "cookies": dict(request.COOKIES),
                "session": sorted(request.session.keys()),
            }
        )


class FailingViewSet(viewsets.GenericViewSet):
    """Each of its actions leaves a row behind, and then fails in its own way."""

    queryset = Attempt.objects.all()
    serializer_class = AttemptSerializer

    def _leave(self, reason):
        Attempt.objects.create(reason=reason)

    @action(detail=False, methods=["post"])
    def raised_400(self, request):
        self._leave("raised")
        raise exceptions.ValidationError({"reason": ["Not like this."]})

    @action(detail=False, methods=["post"])
    def returned_400(self, request):
        self._leave("returned")
        return Response({"reason": ["Not like this."]}, status=400)

    @action(detail=False, methods=["post"])
    def crashed(self, request):
        self._leave("crashed")
        raise RuntimeError("crash")

    @action(detail=False, methods=["post"])
    def raised_404(self, request):
        self._leave("404")
        raise Http404("No such thing.")

    @action(detail=False, methods=["post"])
    def raised_403(self, request):
        self._leave("403")
        raise PermissionDenied("No.")

    @action(detail=False, methods=["post"])
    def fine(self, request):
        self._leave("fine")
        return Response({"ok": True})

    @action(detail=False, methods=["post"])
    def nested(self, request):
        raise exceptions.ValidationError(
            {
                "items": [{}, {"name": [exceptions.ErrorDetail("Too long.", code="max_length")]}],
                "non_field_errors": ["X."],
            }
        )

    @action(detail=False, methods=["post"])
    def bare(self, request):
        raise exceptions.ValidationError("Just a sentence.", code="sentence")

    @action(detail=False, methods=["post"])
    def listed(self, request):
        raise exceptions.ValidationError(["One.", "Two."])

    @action(detail=False, methods=["post"])
    def parse(self, request):
        raise exceptions.ParseError("Malformed.")

    @action(detail=False, methods=["post"])
    def lazy(self, request):
        raise exceptions.ValidationError({"field": gettext_lazy("This field is required.")})

    @action(detail=False, methods=["post"])
    def gone(self, request):
        return Response({"detail": "It was here.", "since": "2020"}, status=410)


class RacingSerializer(PersonSerializer):
    """Its unique checks lose the race: they are not there."""

    username = serializers.CharField()
    email = serializers.EmailField()


class RacingViewSet(viewsets.ModelViewSet):
    queryset = Person.objects.all()
    serializer_class = RacingSerializer


class CleaningViewSet(viewsets.ModelViewSet):
    """Validates the model in ``perform_create``."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer

    def perform_create(self, serializer):
        Product(**serializer.validated_data).full_clean()
        serializer.save()

    def perform_update(self, serializer):
        with transaction.atomic():
            if serializer.save().stock < 0:
                raise ValidationError("Stock is never negative.")


class OrderViewSet(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer


def own_handler(exc, context):
    """A project's handler, whose answers have a shape of their own."""
    if isinstance(exc, IntegrityError):
        return Response({"errors": [{"code": "E1", "title": "Taken"}]}, status=409)
    if isinstance(exc, exceptions.ValidationError):
        return Response(
            {"errors": [{"source": str(key), "title": str(value)} for key, value in exc.detail.items()]}, status=400
        )
    if isinstance(exc, Http404):
        return Response(["nothing", "here"], status=404)
    if isinstance(exc, KeyError):
        return None
    return api_settings.EXCEPTION_HANDLER(exc, context)


class OwnHandlerViewSet(viewsets.GenericViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer

    def get_exception_handler(self):
        return own_handler

    @action(detail=False, methods=["post"])
    def invalid(self, request):
        raise exceptions.ValidationError({"name": ["Wrong."]})

    @action(detail=False, methods=["post"])
    def taken(self, request):
        raise IntegrityError("UNIQUE constraint failed: shop_product.sku")

    @action(detail=False, methods=["post"])
    def lost(self, request):
        raise Http404

    @action(detail=False, methods=["post"])
    def unhandled(self, request):
        raise KeyError("k")


class NoUserViewSet(viewsets.ViewSet):
    """Wants no user."""

    authentication_classes = []

    def list(self, request):
        return Response({"user": str(request.user), "auth": request.auth})


class DeviceAuthentication(authentication.BaseAuthentication):
    """Asks for more than a known user."""

    def authenticate(self, request):
        return None


class DeviceViewSet(viewsets.ViewSet):
    authentication_classes = [DeviceAuthentication]

    def list(self, request):
        return Response({"user": request.user.username})
