"""Section 5: what stands in the URL."""

from __future__ import annotations

import uuid

from django.shortcuts import get_object_or_404
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from tests.shop.models import Comment, Person, Task
from tests.shop.serializers import CommentSerializer, PersonSerializer, TaskSerializer


class DeepCommentViewSet(viewsets.ModelViewSet):
    """Three levels deep."""

    queryset = Comment.objects.all()
    serializer_class = CommentSerializer

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .filter(task__project__slug=self.kwargs["project_slug"], task_id=self.kwargs["task_pk"])
        )

    def perform_create(self, serializer):
        found = get_object_or_404(Task, pk=self.kwargs["task_pk"], project__slug=self.kwargs["project_slug"])
        serializer.save(task=found)


class UntypedUUIDViewSet(viewsets.ReadOnlyModelViewSet):
    """Nothing in the URL says that it wants a UUID."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    lookup_field = "token"

    def get_object(self):
        return get_object_or_404(Task, token=uuid.UUID(self.kwargs["token"]))


class CompositeViewSet(viewsets.ModelViewSet):
    """Two parts of the URL find the object, and ``lookup_field`` says ``pk``."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    def get_object(self):
        return get_object_or_404(
            self.get_queryset(), project__slug=self.kwargs["project__slug"], slug=self.kwargs["slug"]
        )


class ExtraKwargViewSet(viewsets.GenericViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    @action(detail=True, methods=["delete"], url_path=r"roles/(?P<role_id>[0-9]+)")
    def remove_role(self, request, pk=None, role_id=None):
        return Response({"task": self.get_object().pk, "role": role_id, "kwargs": sorted(self.kwargs)})

    @action(detail=True, url_path="download/(?P<output>pdf|csv)")
    def download(self, request, pk=None, output=None):
        return Response({"output": output})

    @action(detail=False, url_path="since/<int:year>/<slug:month>")
    def since(self, request, year, month):
        return Response({"year": repr(year), "month": month})


class OptionalKwargViewSet(viewsets.ViewSet):
    def list(self, request, **kwargs):
        return Response({"kwargs": kwargs})


class PersonViewSet(viewsets.ModelViewSet):
    """The lookup is a field that can be written."""

    queryset = Person.objects.all()
    serializer_class = PersonSerializer
    lookup_field = "username"


class EmailViewSet(viewsets.ModelViewSet):
    queryset = Person.objects.all()
    serializer_class = PersonSerializer
    lookup_field = "email"
    lookup_value_regex = r"[^/]+"


class PathSerializer(serializers.ModelSerializer):
    class Meta:
        model = Person
        fields = ["username", "path"]


class PathViewSet(viewsets.ReadOnlyModelViewSet):
    """The lookup may have slashes."""

    queryset = Person.objects.all()
    serializer_class = PathSerializer
    lookup_field = "path"
    lookup_value_regex = r".+"


class PkOnListViewSet(viewsets.ViewSet):
    """``pk`` stands in the URL of a list."""

    def list(self, request, pk=None):
        return Response([{"parent": pk}])

    @action(detail=False, url_path="all/(?P<pk>[^/.]+)")
    def everything(self, request, pk=None):
        return Response({"parent": pk})


class LookupUrlKwargViewSet(viewsets.ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    lookup_url_kwarg = "task_number"


class ConvertedViewSet(viewsets.ViewSet):
    def retrieve(self, request, **kwargs):
        return Response({name: f"{type(value).__name__} {value}" for name, value in kwargs.items()})


class ConverterLookupViewSet(viewsets.ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    lookup_value_converter = "int"


class TwiceViewSet(viewsets.ViewSet):
    """The same name twice on the way."""

    def retrieve(self, request, **kwargs):
        return Response({"kwargs": kwargs})


class ParentLookupViewSet(viewsets.GenericViewSet):
    """The parent's kwarg is the lookup of the list."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    lookup_url_kwarg = "project_slug"

    def list(self, request, project_slug=None):
        return Response(TaskSerializer(Task.objects.filter(project__slug=project_slug), many=True).data)
