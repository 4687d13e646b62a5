"""Section 8: bodies, files, headers and answers."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from rest_framework import (
    filters,
    pagination,
    parsers,
    renderers,
    serializers,
    status,
    throttling,
    versioning,
    viewsets,
)
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from drf_mcp import mcp_tool
from tests.shop.models import Document, Product, Task
from tests.shop.serializers import ProductSerializer, TaskSerializer


class UploadSerializer(serializers.Serializer):
    file = serializers.FileField(help_text="What to keep.")
    kind = serializers.CharField(required=False, max_length=10)
    labels = serializers.ListField(child=serializers.CharField(), required=False)


class TextParser(parsers.BaseParser):
    media_type = "text/plain"

    def parse(self, stream, media_type=None, parser_context=None):
        return {"text": stream.read().decode()}


class CSVRenderer(renderers.BaseRenderer):
    media_type = "text/csv"
    format = "csv"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return "".join(f"{row['id']},{row['title']}\n" for row in data).encode()


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "Somebody else is writing; retry later."
    default_code = "conflict"


class DocumentViewSet(viewsets.GenericViewSet):
    queryset = Document.objects.all()
    serializer_class = UploadSerializer

    @action(detail=False, methods=["post"], parser_classes=[parsers.MultiPartParser])
    def upload(self, request):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        file = serializer.validated_data["file"]
        document = Document.objects.create(
            name=file.name, content=file.read(), kind=serializer.validated_data.get("kind", "")
        )
        return Response(
            {
                "id": document.pk,
                "size": len(document.content),
                "name": file.name,
                "type": file.content_type,
                "files": sorted(request.FILES),
                "labels": serializer.validated_data.get("labels"),
            },
            status=201,
        )

    @action(detail=True, methods=["get", "post"], parser_classes=[parsers.MultiPartParser])
    def content(self, request, pk=None):
        document = self.get_object()
        if request.method == "GET":
            return HttpResponse(bytes(document.content), content_type="application/octet-stream")
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        document.content = serializer.validated_data["file"].read()
        document.save()
        return Response(status=204)

    @action(detail=False, methods=["post"], parser_classes=[TextParser])
    def raw(self, request):
        return Response({"said": request.data["text"]})

    @action(detail=False, methods=["post"], parser_classes=[parsers.FormParser])
    def form(self, request):
        return Response({"a": request.data["a"], "b": request.data.getlist("b"), "type": request.content_type})

    @mcp_tool(headers=["Content-Range", "If-Match"])
    @action(detail=True, methods=["post"])
    def part(self, request, pk=None):
        if "Content-Range" not in request.headers:
            return Response({"detail": "Content-Range is required."}, status=412)
        if request.headers.get("If-Match") == "old":
            raise Conflict
        return Response({"range": request.headers["Content-Range"], "match": request.headers.get("If-Match")})


class AnswerViewSet(viewsets.GenericViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    @action(detail=False)
    def pdf(self, request):
        return HttpResponse(b"%PDF-1.4 \xff\xfe", content_type="application/pdf")

    @action(detail=False, renderer_classes=[CSVRenderer])
    def csv(self, request):
        return Response(TaskSerializer(self.get_queryset(), many=True).data)

    @action(detail=False)
    def html(self, request):
        return HttpResponse("<html><body>A page</body></html>")

    @action(detail=False)
    def plain(self, request):
        return HttpResponse("Just text: ü", content_type="text/plain; charset=utf-8")

    @action(detail=False)
    def image(self, request):
        return HttpResponse(b"\x89PNG\r\n", content_type="image/png")

    @action(detail=False)
    def stream(self, request):
        return StreamingHttpResponse((f"line {n}\n" for n in range(3)), content_type="text/plain")

    @action(detail=False)
    def file(self, request):
        return FileResponse(iter([b"a", b"b"]), content_type="application/zip")

    @action(detail=False)
    def moved(self, request):
        return HttpResponseRedirect("/elsewhere/?secret=1")

    @action(detail=False, methods=["post"])
    def accepted(self, request):
        return Response({"task": "t-1"}, status=202)

    @action(detail=False, methods=["post"])
    def nothing(self, request):
        return Response(status=204)

    @action(detail=False, methods=["post"])
    def busy(self, request):
        raise Conflict

    @action(detail=False)
    def numbers(self, request):
        return Response([1, 2.5, None, True, "x"])

    @action(detail=False)
    def value(self, request):
        return Response(42)

    @action(detail=False)
    def null(self, request):
        return Response(None)


class RequiredQueryViewSet(viewsets.ModelViewSet):
    """PATCH and DELETE want a query parameter and answer 412 without."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer

    def partial_update(self, request, *args, **kwargs):
        if "version" not in request.query_params:
            return Response({"detail": "version is required."}, status=412)
        return super().partial_update(request, *args, **kwargs)

    def destroy(self, request, *args, **kwargs):
        if request.query_params.get("confirm") != "yes":
            return Response({"detail": "confirm=yes is required."}, status=412)
        return super().destroy(request, *args, **kwargs)


class SilentBackend(filters.BaseFilterBackend):
    """Reads a parameter and tells nobody."""

    def filter_queryset(self, request, queryset, view):
        minimum = request.query_params.get("min_priority")
        return queryset.filter(priority__gte=minimum) if minimum else queryset


class OptionalPages(pagination.PageNumberPagination):
    """An array, unless ``page_size`` is given."""

    page_size = None
    page_size_query_param = "page_size"


class FilteredViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    filter_backends = [SilentBackend, filters.SearchFilter, filters.OrderingFilter]
    search_fields = ["title"]
    ordering_fields = ["priority", "title"]

    def get_queryset(self):
        found = super().get_queryset()
        if owner := self.request.query_params.get("owner"):
            found = found.filter(owner__username=owner)
        if self.request.query_params.get("open") == "true":
            found = found.filter(is_deleted=False)
        if keys := self.request.query_params.getlist("key"):
            found = found.filter(pk__in=keys)
        return found


class OptionalPagesViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    pagination_class = OptionalPages


class SmallPages(pagination.PageNumberPagination):
    page_size = 2


class PagedViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    pagination_class = SmallPages


class CursorPages(pagination.CursorPagination):
    page_size = 2
    ordering = "id"


class CursorViewSet(PagedViewSet):
    pagination_class = CursorPages


class Offsets(pagination.LimitOffsetPagination):
    default_limit = 2


class OffsetViewSet(PagedViewSet):
    pagination_class = Offsets


class VersionViewSet(viewsets.ViewSet):
    def list(self, request, **kwargs):
        return Response({"version": request.version, "scheme": type(request.versioning_scheme).__name__})

    def create(self, request, **kwargs):
        return Response({"version": request.version}, status=201)


class PathVersioning(versioning.URLPathVersioning):
    allowed_versions = ["v1", "v2"]


class NamespaceVersioning(versioning.NamespaceVersioning):
    allowed_versions = ["v1", "v2"]


class HostVersioning(versioning.HostNameVersioning):
    allowed_versions = ["v1", "v2"]


class QueryVersioning(versioning.QueryParameterVersioning):
    allowed_versions = ["v1", "v2"]
    default_version = "v1"


class AcceptVersioning(versioning.AcceptHeaderVersioning):
    allowed_versions = ["v1", "v2"]
    default_version = "v1"


class PathVersionViewSet(VersionViewSet):
    versioning_class = PathVersioning


class NamespaceVersionViewSet(VersionViewSet):
    versioning_class = NamespaceVersioning


class HostVersionViewSet(VersionViewSet):
    versioning_class = HostVersioning


class QueryVersionViewSet(VersionViewSet):
    versioning_class = QueryVersioning


class AcceptVersionViewSet(VersionViewSet):
    versioning_class = AcceptVersioning


class TwoAMinute(throttling.SimpleRateThrottle):
    scope = "two"
    rate = "2/min"

    def get_cache_key(self, request, view):
        return f"two-{request.user.pk}-{self.get_ident(request)}"


class ThrottledViewSet(viewsets.ViewSet):
    throttle_classes = [TwoAMinute]

    def list(self, request):
        return Response({"ok": True})


class BrokenViewSet(viewsets.GenericViewSet):
    """Broken in the release."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    @action(detail=False, methods=["post"])
    def crash(self, request):
        secret = "hunter2"
        raise RuntimeError(f"password is {secret}")

    @action(detail=False)
    def unrenderable(self, request):
        return Response({"value": object()})

    @action(detail=False)
    def forgets(self, request):
        """Gives no response at all."""

    @action(detail=False)
    def says_500(self, request):
        return Response({"detail": "internal-host-17 is down"}, status=500)

    @action(detail=False)
    def says_503(self, request):
        return HttpResponse("<html>internal-host-17</html>", status=503)
