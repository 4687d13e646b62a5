"""Files: linked where a result names them, and read by those who may retrieve the object."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import override_settings
from rest_framework import serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet

from config.projects.models import Attachment, Project, Task
from drf_mcp.links import MAX_LINKS
from drf_mcp.responses import ToolResponse, text
from tests.factories import MCPClient, UserFactory, mcp_urls

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class AttachmentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Attachment
        fields = ["id", "task", "file", "note"]


class Pages(PageNumberPagination):
    page_size = 50


class OwnAttachments(ModelViewSet):
    serializer_class = AttachmentSerializer
    permission_classes = [IsAuthenticated]
    pagination_class = Pages

    def get_queryset(self):
        return Attachment.objects.filter(task__project__owner=self.request.user)


class Discreet(AttachmentSerializer):
    """Prints no file to anyone but staff."""

    def to_representation(self, instance):
        data = super().to_representation(instance)
        if not self.context["request"].user.is_staff:
            del data["file"]
        return data


class OfTask(OwnAttachments):
    """Below its task, and without pages."""

    serializer_class = Discreet
    pagination_class = None

    def get_queryset(self):
        return Attachment.objects.filter(task=self.kwargs["task_pk"])


class Spoken(OwnAttachments):
    """An author's own content stands as it is."""

    def retrieve(self, request, *args, **kwargs):
        return ToolResponse(self.get_serializer(self.get_object()).data, content=[text("Mine.")])


router = SimpleRouter()
router.register("attachments", OwnAttachments, basename="attachment")
router.register(r"tasks/(?P<task_pk>\d+)/attachments", OfTask, basename="of-task")
router.register("spoken", Spoken, basename="spoken")
urlpatterns = [*router.urls, *mcp_urls()]


@pytest.fixture(autouse=True)
def nothing_declared(declared):
    """The demo's resources stay out of the lists."""


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "secret.txt").write_text("a secret")
    return tmp_path


@pytest.fixture
def owner() -> Any:
    return UserFactory()


@pytest.fixture
def task(owner) -> Task:
    project = Project.objects.create(name="Garden", slug="garden", owner=owner)
    return Task.objects.create(project=project, title="Dig")


def attach(task: Task, name: str = "plan.txt", content: bytes = b"Dig here.") -> Attachment:
    return Attachment.objects.create(task=task, file=ContentFile(content, name=name))


def links(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [block for block in result["content"] if block["type"] == "resource_link"]


def read(uri: str, user: Any) -> dict[str, Any]:
    return MCPClient(user).send("resources/read", {"uri": uri})


def test_a_result_links_the_files_that_it_names(owner, task) -> None:
    attachment, client = attach(task), MCPClient(owner)
    uri = f"drf:///attachments/{attachment.pk}/#file"
    expected = [
        {"type": "resource_link", "uri": uri, "name": Path(attachment.file.name).name, "mimeType": "text/plain"}
    ]
    tools = {name.partition("_")[0]: name for name in client.list_tools() if name.endswith("_attachment_attachment")}
    assert links(client.call(tools["retrieve"], id=str(attachment.pk))) == expected
    assert links(client.call(tools["list"])) == expected
    assert links(client.call(tools["update"], id=str(attachment.pk), note="x")) == expected
    assert links(client.call(tools["destroy"], id=str(attachment.pk))) == []
    file = {"name": "b.bin", "content": base64.b64encode(b"\x00").decode()}
    (link,) = links(client.call(tools["create"], task=task.pk, file=file))
    assert read(link["uri"], owner)["result"]["contents"] == [
        {"uri": link["uri"], "mimeType": "application/octet-stream", "blob": "AA=="}
    ]


def test_a_file_is_read_under_the_permissions_of_its_object(owner, task) -> None:
    attachment = attach(task)
    uri = f"drf:///attachments/{attachment.pk}/#file"
    assert read(uri, owner)["result"]["contents"] == [{"uri": uri, "mimeType": "text/plain", "text": "Dig here."}]
    assert read(uri, UserFactory())["error"] == {
        "code": -32002,
        "message": "Resource not found",
        "data": {"uri": uri},
    }
    assert read(uri, None)["error"]["code"] == 401


def test_what_the_view_does_not_print_is_neither_linked_nor_read(task) -> None:
    attachment = attach(task)
    uri = f"drf:///tasks/{task.pk}/attachments/{attachment.pk}/#file"
    staff, other = UserFactory(is_staff=True), UserFactory()
    tools = MCPClient(other).list_tools()
    name = next(name for name in tools if name.startswith("retrieve") and "of-task" in name)
    arguments = {"id": str(attachment.pk), "task_pk": str(task.pk)}
    assert [link["uri"] for link in links(MCPClient(staff).call(name, **arguments))] == [uri]
    assert "result" in read(uri, staff)
    assert links(MCPClient(other).call(name, **arguments)) == []
    assert read(uri, other)["error"]["code"] == -32002


def test_clients_of_old_revisions_get_the_link_as_text(owner, task) -> None:
    attachment = attach(task)
    client = MCPClient(owner, version="2025-03-26")
    name = next(name for name in client.list_tools() if name.startswith("retrieve") and name.endswith("_attachment"))
    result = client.call(name, id=str(attachment.pk))
    assert result["content"][-1] == {"type": "text", "text": f"drf:///attachments/{attachment.pk}/#file"}


def test_an_authors_own_content_stands_as_it_is(owner, task) -> None:
    attachment = attach(task)
    name = next(name for name in MCPClient(owner).list_tools() if name.startswith("retrieve") and "spoken" in name)
    assert MCPClient(owner).call(name, id=str(attachment.pk))["content"] == [text("Mine.")]
    assert "result" in read(f"drf:///spoken/{attachment.pk}/#file", owner)


def test_an_object_without_a_file_links_nothing(owner, task) -> None:
    attachment = Attachment.objects.create(task=task, file="")
    uri = f"drf:///attachments/{attachment.pk}/#file"
    assert read(uri, owner)["error"]["code"] == -32002


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/passwd", "gone.txt", "../../secret.txt"])
def test_a_name_that_its_storage_does_not_give_is_not_found(name: str, owner, task, media, caplog) -> None:
    attachment = Attachment.objects.create(task=task, file=name)
    answer = read(f"drf:///attachments/{attachment.pk}/#file", owner)
    assert answer["error"]["code"] in (-32002, -32603)
    assert "secret" not in str(answer)


@pytest.mark.parametrize(
    "suffix", ["#file/../../secret.txt", "#../secret.txt", "#note", "#File", "#", "?file=x#file", "file"]
)
def test_no_path_comes_from_a_client(suffix: str, owner, task) -> None:
    attachment = attach(task)
    assert read(f"drf:///attachments/{attachment.pk}/{suffix}", owner)["error"]["code"] in (-32002, -32602)


@override_settings(DRF_MCP={"ANONYMOUS": True, "MAX_FILE_SIZE": 4})
def test_a_file_beyond_the_limit_is_refused(owner, task) -> None:
    small, large = attach(task, content=b"1234"), attach(task, content=b"12345")
    assert "result" in read(f"drf:///attachments/{small.pk}/#file", owner)
    error = read(f"drf:///attachments/{large.pk}/#file", owner)["error"]
    assert (error["code"], error["data"]["limit"]) == (-32602, 4)


def test_a_text_that_is_none_is_a_blob(owner, task) -> None:
    attachment = attach(task, content=b"\xff\xfe")
    (entry,) = read(f"drf:///attachments/{attachment.pk}/#file", owner)["result"]["contents"]
    assert (entry["mimeType"], entry["blob"]) == ("text/plain", "//4=")


def test_a_long_list_links_some_and_stays_short(owner, task) -> None:
    for number in range(MAX_LINKS + 5):
        attach(task, name=f"{number}.txt")
    client = MCPClient(owner)
    name = next(name for name in client.list_tools() if name.startswith("list") and name.endswith("_attachment"))
    assert len(links(client.call(name))) == MAX_LINKS


def test_the_template_of_a_file_is_listed(owner) -> None:
    listed = MCPClient(owner).send("resources/templates/list")["result"]["resourceTemplates"]
    (template,) = (entry for entry in listed if entry["uriTemplate"] == "drf:///attachments/{id}/#file")
    assert template["title"] == "Attachment: file"


@override_settings(DRF_MCP={"ANONYMOUS": True, "LINK_FILES": False})
def test_a_setting_leaves_files_alone(owner, task) -> None:
    attachment, client = attach(task), MCPClient(owner)
    name = next(name for name in client.list_tools() if name.startswith("retrieve") and name.endswith("_attachment"))
    assert links(client.call(name, id=str(attachment.pk))) == []
    assert read(f"drf:///attachments/{attachment.pk}/#file", owner)["error"]["code"] == -32002
    listed = client.send("resources/templates/list")["result"]["resourceTemplates"]
    assert not [entry for entry in listed if "#" in entry["uriTemplate"]]


def test_the_demo_links_and_reads_an_attachment(settings, task) -> None:
    settings.ROOT_URLCONF = "config.urls"
    attachment = attach(task)
    (link,) = links(MCPClient().call("retrieve_projects_attachment", id=str(attachment.pk)))
    assert read(link["uri"], None)["result"]["contents"][0]["text"] == "Dig here."
