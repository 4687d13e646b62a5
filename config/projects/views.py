"""The API of projects: paged, searched and ordered lists, a nested resource, an action, and files."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from rest_framework import filters, mixins
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from drf_mcp import mcp_tool

from .models import Attachment, Project, Task
from .serializers import AttachmentSerializer, CompleteTaskSerializer, ProjectSerializer, TaskSerializer


class Pages(PageNumberPagination):
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


class ProjectViewSet(ModelViewSet[Project]):
    queryset = Project.objects.all()
    serializer_class = ProjectSerializer
    lookup_field = "slug"
    pagination_class = Pages
    filter_backends = [filters.SearchFilter, filters.OrderingFilter]
    search_fields = ["name", "owner__username"]
    ordering_fields = ["name", "starts_on", "budget"]


class TaskViewSet(ModelViewSet[Task]):
    serializer_class = TaskSerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Task]:
        tasks = Task.objects.filter(project__slug=self.kwargs["project_slug"])
        if (is_done := self.request.query_params.get("is_done")) is not None:
            tasks = tasks.filter(is_done=is_done == "true")
        return tasks

    def perform_create(self, serializer: BaseSerializer[Task]) -> None:
        serializer.save(project=get_object_or_404(Project, slug=self.kwargs["project_slug"]))

    @mcp_tool(output=TaskSerializer)
    @action(detail=True, methods=["post"], serializer_class=CompleteTaskSerializer)
    def complete(self, request: Request, **kwargs: Any) -> Response:
        """Mark a task as done and note the hours it took."""
        task = self.get_object()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        task.is_done = True
        task.hours = serializer.validated_data["hours"]
        task.notes = serializer.validated_data.get("notes", task.notes)
        task.save()
        return Response(TaskSerializer(task).data)


class AttachmentViewSet(
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet[Attachment],
):
    queryset = Attachment.objects.all()
    serializer_class = AttachmentSerializer
    pagination_class = Pages

    @action(detail=True)
    def download(self, request: Request, pk: Any = None) -> FileResponse:
        """The attached file itself."""
        return FileResponse(self.get_object().file.open(), as_attachment=True)
