"""Sections 2 and 3: endpoints that want the same name, and names that clients refuse."""

from __future__ import annotations

from rest_framework import filters, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from tests.shop import eu, models
from tests.shop.models import Task
from tests.shop.serializers import TaskSerializer


class OwnTaskViewSet(ModelViewSet):
    serializer_class = TaskSerializer

    def get_queryset(self):
        if not self.request.user.is_authenticated:
            return Task.objects.none()
        return Task.objects.filter(owner=self.request.user)


class DeletedTaskViewSet(ModelViewSet):
    queryset = Task.objects.filter(is_deleted=True)
    serializer_class = TaskSerializer


class PublicTaskViewSet(ModelViewSet):
    queryset = Task.objects.filter(is_public=True)
    serializer_class = TaskSerializer


class TaskViewSet(ModelViewSet):
    """Flat, below a project, and below an owner."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    def get_queryset(self):
        found = super().get_queryset()
        if "project_slug" in self.kwargs:
            found = found.filter(project__slug=self.kwargs["project_slug"])
        if "owner_name" in self.kwargs:
            found = found.filter(owner__username=self.kwargs["owner_name"])
        return found


class VersionedViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    def list(self, request, *args, **kwargs):
        return Response({"namespace": request.resolver_match.namespace})


class ReportViewSet(viewsets.ViewSet):
    def list(self, request):
        return Response({"report": "of the shop"})


class JobByTokenViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    lookup_field = "token"
    lookup_value_regex = "[0-9a-f-]{36}"


class JobBySlugViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    lookup_field = "slug"
    lookup_value_regex = "[a-z]+"


class SeveralMethodsViewSet(viewsets.GenericViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    @action(detail=True, methods=["get", "post", "delete"])
    def star(self, request, pk=None):
        task = self.get_object()
        if request.method != "GET":
            task.priority = 1 if request.method == "POST" else 0
            task.save()
        return Response({"method": request.method, "priority": task.priority})


class PingViewSet(viewsets.ViewSet):
    def list(self, request):
        return Response({"pong": True})

    @action(detail=False, methods=["post"])
    def echo(self, request):
        return Response({"said": request.data["word"]})


class AnExtraordinarilyLongWindedAndVeryDescriptiveViewSet(viewsets.ViewSet):
    def list(self, request):
        return Response({"long": "list"})

    @action(detail=False)
    def an_action_with_a_name_that_leaves_nothing_to_be_imagined_by_anyone(self, request):
        return Response({"long": "one"})

    @action(detail=False)
    def an_action_with_a_name_that_leaves_nothing_to_be_imagined_by_no_one(self, request):
        return Response({"long": "two"})


class DottedSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Dotted
        fields = ["id", "title"]


class DottedViewSet(viewsets.GenericViewSet):
    queryset = models.Dotted.objects.all()
    serializer_class = DottedSerializer

    @action(detail=False)
    def count(self, request):
        return Response({"of": models.Dotted._meta.app_label})


class ShopEuItemViewSet(viewsets.GenericViewSet):
    queryset = models.Item.objects.all()

    def list(self, request):
        return Response({"app": "shop_eu"})


class EuItemViewSet(viewsets.GenericViewSet):
    queryset = eu.Item.objects.all()

    @action(detail=False)
    def list_shop(self, request):
        return Response({"app": "eu"})


class DottedFilter(filters.BaseFilterBackend):
    """Parameters as Django filters name them, one of them longer than clients allow."""

    names = ["project__slug", "owner__profile.country.code", "project__" * 8 + "name__in"]

    def filter_queryset(self, request, queryset, view):
        slug = request.query_params.get("project__slug")
        country = request.query_params.get("owner__profile.country.code")
        if country:
            queryset = queryset.filter(title=country)
        return queryset.filter(project__slug=slug) if slug else queryset

    def get_schema_operation_parameters(self, view):
        return [{"name": name, "in": "query", "required": False, "schema": {"type": "string"}} for name in self.names]


class OddFieldsSerializer(serializers.Serializer):
    def get_fields(self):
        return {
            "owner.name": serializers.CharField(),
            "x" * 76: serializers.CharField(required=False),
            "größe": serializers.IntegerField(required=False),
            "@type": serializers.CharField(required=False),
        }


class OddPropertiesViewSet(viewsets.ModelViewSet):
    queryset = Task.objects.all()
    filter_backends = [DottedFilter]
    serializer_class = TaskSerializer
    http_method_names = ["get", "post"]

    @action(detail=False, methods=["post"], serializer_class=OddFieldsSerializer)
    def odd(self, request):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(dict(serializer.validated_data))
