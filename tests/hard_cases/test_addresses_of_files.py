"""A tool that has written answers, whatever stands in the way of a link to its files."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.db.models import F
from rest_framework import serializers
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet

from config.projects.models import Attachment, Project, Task
from config.projects.serializers import AttachmentSerializer
from tests.factories import MCPClient, UserFactory, mcp_urls

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class ByNote(ModelViewSet):
    queryset = Attachment.objects.all()
    serializer_class = AttachmentSerializer
    lookup_field = "note__iexact"
    lookup_url_kwarg = "note"


class ByStart(ModelViewSet):
    """Found through a relation whose value may be missing."""

    queryset = Attachment.objects.all()
    serializer_class = AttachmentSerializer
    lookup_field = "task__due"
    lookup_url_kwarg = "due"


class ByCode(ModelViewSet):
    """Found by what only its queryset knows."""

    queryset = Attachment.objects.annotate(code=F("note"))
    serializer_class = AttachmentSerializer
    lookup_field = "code"


class ByTask(ModelViewSet):
    queryset = Attachment.objects.all()
    serializer_class = AttachmentSerializer
    lookup_field = "task__title"
    lookup_url_kwarg = "title"


class OnceField(serializers.FileField):
    """Can be printed a single time."""

    def get_attribute(self, instance: Any) -> Any:
        assert not hasattr(instance, "is_printed")
        instance.is_printed = True
        return super().get_attribute(instance)


class FickleSerializer(AttachmentSerializer):
    file = OnceField()


class Fickle(ModelViewSet):
    queryset = Attachment.objects.all()
    serializer_class = FickleSerializer


router = SimpleRouter()
for prefix, viewset in [("notes", ByNote), ("dues", ByStart), ("codes", ByCode), ("tasks", ByTask), ("fickle", Fickle)]:
    router.register(prefix, viewset, basename=prefix)
urlpatterns = [*router.urls, *mcp_urls()]


@pytest.fixture
def task(tmp_path, settings) -> Task:
    settings.MEDIA_ROOT = tmp_path
    project = Project.objects.create(slug="p", name="P", owner=UserFactory())
    return Task.objects.create(project=project, title="Dig")


def create(route: str, task: Task) -> list[dict[str, Any]]:
    (tool,) = [name for name in MCPClient().list_tools() if name.startswith("create") and name.endswith(route)]
    file = {"name": "a.txt", "content": base64.b64encode(b"hello").decode()}
    result = MCPClient().call(tool, task=task.pk, note="n", file=file)
    assert Attachment.objects.count() == 1
    return [block for block in result["content"] if block["type"] == "resource_link"]


@pytest.mark.parametrize("route", ["notes", "dues", "codes"])
def test_an_object_that_does_not_tell_its_address_is_not_linked(route: str, task: Task) -> None:
    assert create(route, task) == []


def test_an_address_through_a_relation_is_linked_and_can_be_read(task: Task) -> None:
    (link,) = create("tasks", task)
    assert link["uri"] == "drf:///tasks/Dig/#file"
    (entry,) = MCPClient().send("resources/read", {"uri": link["uri"]})["result"]["contents"]
    assert entry["text"] == "hello"


def test_an_address_that_no_uri_leads_back_to_is_not_linked(task: Task) -> None:
    Task.objects.update(title="two\nlines")
    assert create("tasks", task) == []


def test_what_breaks_after_the_view_is_logged_and_fails_nothing(task: Task, caplog) -> None:
    assert create("fickle", task) == []
    assert "cannot be linked" in caplog.text


@pytest.mark.parametrize("error", [RuntimeError("a secret of the bucket"), ValueError("embedded null byte")])
def test_a_storage_that_raises_has_no_file(error: Exception, task: Task, monkeypatch) -> None:
    Attachment.objects.create(task=task, file=ContentFile(b"x", name="a.txt"))

    def refuse(*args: Any) -> Any:
        raise error

    monkeypatch.setattr(FileSystemStorage, "_open", refuse)
    assert MCPClient().send("resources/read", {"uri": "drf:///tasks/Dig/#file"})["error"]["code"] == -32002


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL stores no NUL.")
def test_a_stored_name_with_nul_is_no_file(task: Task) -> None:
    attachment = Attachment.objects.create(task=task, file=ContentFile(b"x", name="a.txt"))
    Attachment.objects.filter(pk=attachment.pk).update(file="a\x00.txt")
    assert MCPClient().send("resources/read", {"uri": "drf:///tasks/Dig/#file"})["error"]["code"] == -32002
