"""Prompts in Django admin."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from drf_mcp.models import Prompt
from tests.factories import UserFactory
from tests.servers import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls")]

URL = "/admin/drf_mcp/prompt/"


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def form(template: str, *arguments: dict[str, Any], **values: Any) -> dict[str, Any]:
    """What the page of a prompt sends."""
    data = {"name": "greet", "title": "Greet", "description": "", "template": template, "is_enabled": "on", **values}
    data |= {"arguments-TOTAL_FORMS": len(arguments), "arguments-INITIAL_FORMS": 0}
    for number, argument in enumerate(arguments):
        data |= {f"arguments-{number}-{key}": value for key, value in argument.items()}
    return data


def test_a_prompt_is_written_with_its_arguments_and_groups(admin) -> None:
    group = Group.objects.create(name="hosts")
    sent = form(
        "Hello {{ name }}, {{ tone }}.", {"name": "name", "is_required": "on"}, {"name": "tone"}, groups=[group.pk]
    )
    assert admin.post(f"{URL}add/", sent).status_code == 302
    prompt = Prompt.objects.get()
    assert [(a.name, a.is_required) for a in prompt.arguments.all()] == [("name", True), ("tone", False)]
    assert list(prompt.groups.all()) == [group]
    listed = admin.get(URL).content.decode()
    assert "greet" in listed
    assert "hosts" in listed


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{% load static %}", "This is no template for a prompt: Invalid block tag on line 1: &#x27;load&#x27;."),
        ("Hello {{ nme }}", "The template uses nme: add the argument or correct the template."),
        ("{% if tone %}x{% endif %}", "The template uses tone: add the argument"),
    ],
)
def test_a_template_that_cannot_work_is_not_saved(admin, template, reason) -> None:
    answer = admin.post(f"{URL}add/", form(template, {"name": "name"}))
    assert answer.status_code == 200
    assert reason in answer.content.decode()
    assert not Prompt.objects.exists()


def test_an_argument_that_is_deleted_is_missed(admin) -> None:
    prompt = Prompt.objects.create(name="greet", template="Hello {{ name }}")
    argument = prompt.arguments.create(name="name")
    sent = form("Hello {{ name }}", {"name": "name", "id": argument.pk, "prompt": prompt.pk, "DELETE": "on"})
    answer = admin.post(f"{URL}{prompt.pk}/change/", {**sent, "arguments-INITIAL_FORMS": 1})
    assert "The template uses name" in answer.content.decode()


def test_the_preview_is_the_text_with_the_arguments_names_and_no_markup(admin) -> None:
    prompt = Prompt.objects.create(
        name="greet", template="<b>Hello</b> {{ name|upper }}{% if tone == 'warm' %}, warmly{% endif %}."
    )
    prompt.arguments.create(name="name")
    prompt.arguments.create(name="tone", choices="warm\ncold")
    page = admin.get(f"{URL}{prompt.pk}/change/").content.decode()
    assert "&lt;b&gt;Hello&lt;/b&gt; [NAME], warmly." in page
    Prompt.objects.update(template="{% include '<script>' %}")
    page = admin.get(f"{URL}{prompt.pk}/change/").content.decode()
    assert "It cannot be rendered: Invalid block tag on line 1: &#x27;include&#x27;" in page
    assert "<script>' " not in page
    assert "The text stands here as soon as the template has one." in admin.get(f"{URL}add/").content.decode()


def test_the_list_asks_for_all_groups_at_once(admin, django_assert_max_num_queries) -> None:
    for number in range(10):
        Prompt.objects.create(name=f"p{number}", template="x").groups.add(Group.objects.create(name=f"g{number}"))
    with django_assert_max_num_queries(12):
        admin.get(URL)


def test_a_project_without_the_admin_has_prompts_all_the_same(tmp_path) -> None:
    program = """
import sys
from django.conf import settings
settings.configure(SECRET_KEY="x", ROOT_URLCONF="drf_mcp.urls", ALLOWED_HOSTS=["*"], DRF_MCP={"ANONYMOUS": True},
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "drf_mcp"])
import django; django.setup()
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
call_command("makemigrations", "drf_mcp", check=True, dry_run=True, verbosity=0)
from drf_mcp.models import Prompt
Prompt.objects.create(name="hello", template="Hello")
message = {"jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": {"name": "hello"}}
print(Client().post("/", message, content_type="application/json").json()["result"]["messages"][0]["content"]["text"])
assert "drf_mcp.admin" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "Hello"), done.stderr


# The preview of what is typed


def preview(client: Client, template: str, *arguments: dict[str, Any], **values: Any) -> Any:
    return client.post(f"{URL}preview/", form(template, *arguments, **values))


def test_the_preview_shows_what_is_typed_and_saves_nothing(admin) -> None:
    tone = {"name": "tone", "choices": "warm\ncold"}
    answer = preview(admin, "Dear <b>{{ name }}</b>, {{ tone }}", {"name": "name"}, tone, {"name": ""})
    assert answer.context["text"] == "Dear <b>[name]</b>, warm"
    assert "Dear &lt;b&gt;[name]&lt;/b&gt;, warm" in answer.content.decode()
    samples = {"mcp-sample-name": "<i>Ada</i>", "mcp-sample-tone": "cold"}
    answer = preview(admin, "Dear {{ name }}, {{ tone }}", {"name": "name"}, tone, **samples)
    assert answer.context["text"] == "Dear <i>Ada</i>, cold"
    assert 'value="&lt;i&gt;Ada&lt;/i&gt;"' in answer.content.decode()
    assert "<option selected>cold</option>" in answer.content.decode()
    refused = preview(admin, "{{ tone }}", tone, **{"mcp-sample-tone": "rude"})
    assert refused.context["text"] == "warm"
    assert not Prompt.objects.exists()


def test_the_preview_says_what_is_wrong(admin) -> None:
    for template, problem in [
        ("{% include 'x' %}", "It cannot be rendered: Invalid block tag on line 1"),
        ("{{ nme }}", "The template uses nme: add the argument or correct the template."),
        ("{% if x %}" * 3000, "It cannot be rendered"),
    ]:
        assert problem in str(preview(admin, template).context["problem"])
    deleted = {"name": "gone", "DELETE": "on"}
    assert "The template uses gone" in str(preview(admin, "{{ gone }}", deleted).context["problem"])


@pytest.mark.parametrize("total", ["", "x", "-1", "9" * 40, "99999"])
def test_a_form_that_nobody_sends_is_previewed_all_the_same(admin, total) -> None:
    answer = admin.post(f"{URL}preview/", {"template": "Hello", "arguments-TOTAL_FORMS": total})
    assert answer.context["text"] == "Hello"


def test_a_megabyte_is_previewed_as_text(admin) -> None:
    answer = preview(admin, "<script>" * 125_000)
    assert answer.status_code == 200
    assert "<script>" * 2 not in answer.content.decode()


def test_only_those_who_may_write_prompts_preview_them() -> None:
    prompt = Prompt.objects.create(name="greet", template="Hello")
    for codename, status in [("view_prompt", 403), ("add_prompt", 200), ("change_prompt", 200), (None, 403)]:
        user = UserFactory(is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename=codename))
        client = Client()
        client.force_login(user)
        assert preview(client, "Hello").status_code == status, codename
        assert client.get(f"{URL}preview/").status_code == 405
        if codename == "view_prompt":
            page = client.get(f"{URL}{prompt.pk}/change/").content.decode()
            assert "Hello</pre>" in page
            assert "formaction" not in page
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert preview(forged, "Hello").status_code == 403
