"""Section 1: views that only a request that came through the whole of Django can use."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import serializers, versioning, viewsets
from rest_framework.authtoken.models import Token
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.filters import BaseFilterBackend
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.response import Response

from tests.shop.models import Project, Task, Ticket
from tests.shop.scope import current_tenant, is_open
from tests.shop.serializers import TaskSerializer, TicketSerializer


class TicketViewSet(viewsets.ModelViewSet):
    """Its queryset fails outside of a tenant's scope."""

    serializer_class = TicketSerializer

    def get_queryset(self):
        return Ticket.objects.all()

    def perform_create(self, serializer):
        serializer.save(tenant=self.request.tenant)


class ScopeViewSet(viewsets.ViewSet):
    def list(self, request, **kwargs):
        return Response({"tenant": current_tenant().slug, "open": is_open(), "request": request.tenant.slug})


class ProjectMember(BasePermission):
    """Finds the parent by the resolver's kwargs and leaves it on the request."""

    def has_permission(self, request, view):
        slug = request.resolver_match.kwargs["project_slug"]
        request.project = get_object_or_404(Project, slug=slug)
        return request.project.members.filter(pk=request.user.pk).exists()


class MemberTaskViewSet(viewsets.ModelViewSet):
    permission_classes = [ProjectMember]
    serializer_class = TaskSerializer

    def get_queryset(self):
        return self.request.project.task_set.all()

    def perform_create(self, serializer):
        serializer.save(project=self.request.project)


class NarrowedViewSet(viewsets.ModelViewSet):
    """``initial()`` leaves everything to readers and their own tasks to writers."""

    permission_classes = [IsAuthenticated]
    queryset = Task.objects.none()
    serializer_class = TaskSerializer

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        tasks = Task.objects.all()
        self.queryset = tasks if request.method in SAFE_METHODS else tasks.filter(owner=request.user)

    @action(detail=True, methods=["post"])
    def finish(self, request, pk=None):
        task = self.get_object()
        task.priority = 0
        task.save()
        return Response({"finished": task.pk})


class ParentViewSet(viewsets.ModelViewSet):
    """``initial()`` finds the project or answers 404."""

    serializer_class = TaskSerializer

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.project = Project.objects.filter(slug=kwargs["project_slug"]).first()
        if self.project is None:
            raise Http404

    def get_queryset(self):
        return Task.objects.filter(project=self.project)

    def perform_create(self, serializer):
        serializer.save(project=self.project)


class OwnCheckViewSet(viewsets.ModelViewSet):
    """No permission classes: the check itself is overridden."""

    permission_classes = []
    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    def check_permissions(self, request):
        if request.method not in SAFE_METHODS and not request.user.is_staff:
            raise PermissionDenied("Only staff writes here.")

    def check_object_permissions(self, request, obj):
        if obj.priority > 100:
            raise NotFound("Nothing of that kind.")


class OwnOnly(BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        return queryset.filter(owner=request.user) if request.user.is_authenticated else queryset.none()


class FilteredViewSet(viewsets.ModelViewSet):
    """Who sees what is in a filter backend."""

    filter_backends = [OwnOnly]
    queryset = Task.objects.all()
    serializer_class = TaskSerializer


class TokenOnly(BasePermission):
    message = "A token is needed here, not a session."

    def has_permission(self, request, view):
        return isinstance(request.auth, Token)


class TokenViewSet(viewsets.ReadOnlyModelViewSet):
    permission_classes = [TokenOnly]
    queryset = Task.objects.all()
    serializer_class = TaskSerializer

    @action(detail=False, permission_classes=[IsAuthenticated])
    def kind(self, request):
        return Response({"auth": type(request.auth).__name__, "user": request.user.username})


class NeedsRequestSerializer(serializers.ModelSerializer):
    class Meta:
        model = Task
        fields = ["id", "title", "priority"]

    def __init__(self, *args, **kwargs):
        self.caller = kwargs["context"]["request"].user
        super().__init__(*args, **kwargs)

    def get_fields(self):
        fields = super().get_fields()
        if not self.context["request"].user.is_staff:
            fields["priority"].read_only = True
        return fields


class NeedsRequestViewSet(viewsets.ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = NeedsRequestSerializer


class PositionalSerializer(serializers.Serializer):
    title = serializers.CharField(max_length=20)

    def __init__(self, prefix, *args, **kwargs):
        self.prefix = prefix
        super().__init__(*args, **kwargs)

    def to_representation(self, instance):
        return {"id": instance.pk, "title": f"{self.prefix}{instance.title}"}

    def create(self, validated_data):
        return Task.objects.create(**validated_data)


class PositionalViewSet(viewsets.ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = PositionalSerializer

    def get_serializer(self, *args, **kwargs):
        kwargs["context"] = self.get_serializer_context()
        return self.get_serializer_class()(f"{self.request.user.username}: ", *args, **kwargs)


class QuotaSerializer(serializers.ModelSerializer):
    class Meta:
        model = Task
        fields = ["id", "title"]

    def get_fields(self):
        fields = super().get_fields()
        fields["title"].help_text = f"One of {self.context['quota']}."
        return fields


class QuotaViewSet(viewsets.ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = QuotaSerializer

    def get_serializer_context(self):
        return {**super().get_serializer_context(), "quota": 7}


class VersionViewSet(viewsets.ViewSet):
    versioning_class = versioning.NamespaceVersioning

    def list(self, request, **kwargs):
        return Response({"version": request.version, "namespace": request.resolver_match.namespace})
