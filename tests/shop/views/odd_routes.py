"""Section 4: routes that are not the usual six."""

from __future__ import annotations

from rest_framework import mixins, parsers, renderers, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from tests.shop.models import Coupon, Product, Task
from tests.shop.serializers import CouponSerializer, ProductSerializer, TaskSerializer


class BulkItemSerializer(serializers.ModelSerializer):
    id = serializers.IntegerField()

    class Meta:
        model = Product
        fields = ["id", "name", "stock"]


class BulkViewSet(viewsets.ModelViewSet):
    """Writes several objects at once on the list route."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer

    def _write(self, request, *, partial):
        serializer = BulkItemSerializer(data=request.data, many=True, partial=partial)
        serializer.is_valid(raise_exception=True)
        for item in serializer.validated_data:
            Product.objects.filter(pk=item.pop("id")).update(**item)
        return Response([dict(item) for item in serializer.validated_data])

    def bulk_update(self, request):
        return self._write(request, partial=False)

    def bulk_partial_update(self, request):
        return self._write(request, partial=True)

    def bulk_destroy(self, request):
        keys = request.query_params.getlist("ids")
        if not keys:
            return Response({"detail": "ids is required."}, status=412)
        deleted, _ = self.get_queryset().filter(pk__in=keys).delete()
        return Response({"deleted": deleted})


class BulkPlainViewSet(viewsets.GenericViewSet):
    """Bulk with the view's own serializer, as the bulk packages write it."""

    queryset = Product.objects.all()
    serializer_class = BulkItemSerializer

    def bulk_replace(self, request):
        serializer = self.get_serializer(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        self.perform(serializer)
        return Response([dict(item) for item in serializer.validated_data])

    def bulk_change(self, request):
        serializer = self.get_serializer(data=request.data, many=True, partial=True)
        serializer.is_valid(raise_exception=True)
        self.perform(serializer)
        return Response([dict(item) for item in serializer.validated_data])

    def perform(self, serializer):
        for item in serializer.validated_data:
            values = {key: value for key, value in item.items() if key != "id"}
            Product.objects.filter(pk=item["id"]).update(**values)


class OneOrManyViewSet(viewsets.ModelViewSet):
    """``create`` takes an object or an array."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    http_method_names = ["post"]

    def get_serializer(self, *args, **kwargs):
        if isinstance(kwargs.get("data"), list):
            kwargs["many"] = True
        return super().get_serializer(*args, **kwargs)


class ArrayViewSet(mixins.CreateModelMixin, viewsets.GenericViewSet):
    """``create`` takes an array only."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer

    def get_serializer(self, *args, **kwargs):
        kwargs.setdefault("many", True)
        return super().get_serializer(*args, **kwargs)


class PageRenderer(renderers.StaticHTMLRenderer):
    def render(self, data, accepted_media_type=None, renderer_context=None):
        return f"<html>{data}</html>"


class PageViewSet(viewsets.ViewSet):
    """A confirmation page under GET and the deed under POST, in HTML only."""

    renderer_classes = [PageRenderer]
    parser_classes = [parsers.FormParser]

    def list(self, request):
        return Response("list")

    def create(self, request):
        return Response("create")

    def destroy(self, request, pk=None):
        return Response("destroy")


class ConfirmViewSet(viewsets.ModelViewSet):
    """GET is mapped to ``create`` and ``destroy``, in JSON."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    def create(self, request, *args, **kwargs):
        task = Task.objects.create(title="made by GET")
        return Response({"id": task.pk}, status=201)

    def destroy(self, request, *args, **kwargs):
        self.get_object().delete()
        return Response({"gone": True})


class MeReadSerializer(serializers.Serializer):
    username = serializers.CharField()
    email = serializers.EmailField()


class MeWriteSerializer(serializers.Serializer):
    email = serializers.EmailField()
    first_name = serializers.CharField(required=True)

    def update(self, instance, validated_data):
        for key, value in validated_data.items():
            setattr(instance, key, value)
        instance.save()
        return instance


class MeViewSet(viewsets.GenericViewSet):
    """One action, four methods, and a serializer that depends on the method."""

    def get_serializer_class(self):
        return MeReadSerializer if self.request.method in ("GET", "DELETE") else MeWriteSerializer

    @action(detail=False, methods=["get", "put", "patch", "delete"])
    def me(self, request):
        if request.method == "DELETE":
            request.user.first_name = "deleted"
            request.user.save()
            return Response(status=204)
        if request.method == "GET":
            return Response(MeReadSerializer(request.user).data)
        serializer = self.get_serializer(request.user, data=request.data, partial=request.method == "PATCH")
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response({"email": request.user.email, "first_name": request.user.first_name})


class MappingViewSet(viewsets.GenericViewSet):
    """An action with other handlers under other methods of one path."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    @action(detail=True)
    def notes(self, request, pk=None):
        """Read the notes."""
        return Response({"read": self.get_object().pk})

    @notes.mapping.post
    def add_note(self, request, pk=None):
        """Add a note."""
        return Response({"added": request.data["text"], "to": self.get_object().pk}, status=201)

    @notes.mapping.delete
    def clear_notes(self, request, pk=None):
        """Forget all notes."""
        self.get_object()
        return Response(status=204)


class ReadOnlyByNamesViewSet(viewsets.ModelViewSet):
    queryset = Coupon.objects.all()
    serializer_class = CouponSerializer
    http_method_names = ["get", "head", "options"]


class VerbViewSet(viewsets.GenericViewSet):
    """Methods called like HTTP verbs that no route names."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    def list(self, request):
        return Response({"action": self.action})

    def patch(self, request, *args, **kwargs):
        Task.objects.all().delete()
        return Response({"action": self.action})

    def delete(self, request, *args, **kwargs):
        Task.objects.all().delete()
        return Response({"action": self.action})


class DeleteActionViewSet(viewsets.GenericViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    @action(detail=True, methods=["post"])
    def delete(self, request, pk=None):
        task = self.get_object()
        task.is_deleted = True
        task.save()
        return Response({"action": self.action, "method": request.method})


class PlainViewSet(viewsets.ModelViewSet):
    """Routed by ``as_view`` alone."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    lookup_field = "sku"

    def restock(self, request, sku=None):
        product = self.get_object()
        product.stock += int(request.data["amount"])
        product.save()
        return Response({"stock": product.stock})


class PostOnDetailViewSet(viewsets.GenericViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    def start(self, request, pk=None):
        task = self.get_object()
        task.priority = 9
        task.save()
        return Response({"started": task.pk})


class StaffTaskViewSet(viewsets.ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer


class CachedViewSet(viewsets.ViewSet):
    """Counts how often it runs."""

    runs = 0

    def list(self, request):
        type(self).runs += 1
        return Response({"for": request.user.username, "run": self.runs})


class TaskViewSet(viewsets.ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer


class LanguageViewSet(viewsets.ViewSet):
    def list(self, request):
        return Response({"language": request.LANGUAGE_CODE, "path": request.path})


class PartnerViewSet(viewsets.ViewSet):
    def list(self, request):
        return Response({"partner": request.get_host()})
