"""A view that notes every hook of Django and DRF that a call passes, and views that fail in every way."""

from __future__ import annotations

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

from tests.shop.models import Attempt, Order, Person, Product, Task
from tests.shop.serializers import (
    AttemptSerializer,
    OrderSerializer,
    PersonSerializer,
    ProductSerializer,
    TaskSerializer,
)

passed: list[str] = []
"""The hooks that were passed, in order."""


class Renderer(renderers.JSONRenderer):
    def render(self, data, accepted_media_type=None, renderer_context=None):
        passed.append(f"render {accepted_media_type}")
        return super().render(data, accepted_media_type, renderer_context)


class Parser(parsers.JSONParser):
    def parse(self, stream, media_type=None, parser_context=None):
        passed.append(f"parse {media_type}")
        return super().parse(stream, media_type, parser_context)


class Permission(permissions.BasePermission):
    def has_permission(self, request, view):
        passed.append(f"has_permission {view.action}")
        return True

    def has_object_permission(self, request, view, obj):
        passed.append(f"has_object_permission {obj}")
        return True


class Throttle(throttling.BaseThrottle):
    def allow_request(self, request, view):
        passed.append("allow_request")
        return True


class Backend(filters.BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        passed.append("backend")
        return queryset


class Pages(pagination.PageNumberPagination):
    page_size = 2


class Versions(versioning.QueryParameterVersioning):
    default_version = "v1"

    def determine_version(self, request, *args, **kwargs):
        passed.append("scheme")
        return super().determine_version(request, *args, **kwargs)


class Negotiation(negotiation.DefaultContentNegotiation):
    def select_parser(self, request, parsers):
        passed.append("select_parser")
        return super().select_parser(request, parsers)

    def select_renderer(self, request, renderers, format_suffix=None):
        passed.append("select_renderer")
        return super().select_renderer(request, renderers, format_suffix)


class NotingSerializer(TaskSerializer):
    def to_internal_value(self, data):
        passed.append("to_internal_value")
        return super().to_internal_value(data)

    def to_representation(self, instance):
        passed.append("to_representation")
        return super().to_representation(instance)

    def validate(self, attrs):
        passed.append("validate")
        return attrs


HOOKS = [
    "dispatch",
    "initialize_request",
    "initial",
    "perform_authentication",
    "check_permissions",
    "check_throttles",
    "check_object_permissions",
    "determine_version",
    "perform_content_negotiation",
    "get_authenticators",
    "get_permissions",
    "get_throttles",
    "get_parsers",
    "get_renderers",
    "get_content_negotiator",
    "get_exception_handler",
    "get_object",
    "get_queryset",
    "filter_queryset",
    "paginate_queryset",
    "get_paginated_response",
    "get_serializer",
    "get_serializer_class",
    "get_serializer_context",
    "get_success_headers",
    "perform_create",
    "perform_update",
    "perform_destroy",
    "finalize_response",
    "handle_exception",
    "http_method_not_allowed",
    "permission_denied",
    "throttled",
    "list",
    "create",
    "retrieve",
    "update",
    "partial_update",
    "destroy",
]


class HookViewSet(viewsets.ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = NotingSerializer
    renderer_classes = [Renderer]
    parser_classes = [Parser]
    permission_classes = [Permission]
    throttle_classes = [Throttle]
    filter_backends = [Backend]
    pagination_class = Pages
    versioning_class = Versions
    content_negotiation_class = Negotiation

    @action(detail=True, methods=["post"])
    def fail(self, request, pk=None):
        raise exceptions.PermissionDenied("Not this one.")


def _noting(name):
    def method(self, *args, **kwargs):
        passed.append(name)
        return getattr(super(HookViewSet, self), name)(*args, **kwargs)

    method.__name__ = name
    return method


for _name in HOOKS:
    setattr(HookViewSet, _name, _noting(_name))


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
