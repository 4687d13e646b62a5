"""Section 5: URL kwargs."""

from __future__ import annotations

import uuid
from urllib.parse import quote

import pytest

from tests.shop.models import Comment, Person, Project, Task

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.shop.urls.url_kwargs")]

KEY = uuid.UUID("12345678-1234-4234-8234-123456789abc")


@pytest.fixture
def task(db):
    project = Project.objects.create(slug="red", name="Red")
    return Task.objects.create(project=project, slug="first", title="First", token=KEY)


@pytest.fixture
def ann(db):
    return Person.objects.create(username="ann", email="ann+x@shop.test", path="pkg/module.Class")


def only(mcp, prefix, *required):
    """The name of the one tool with this prefix that requires these arguments."""
    tools = mcp.tools()
    found = [
        n
        for n, t in tools.items()
        if n.startswith(prefix) and set(required) <= set(t["inputSchema"].get("required", ()))
    ]
    assert len(found) == 1, (prefix, required, found, sorted(tools))
    return found[0]


def test_three_levels_are_required_arguments(alice):
    assert alice.mcp.required("retrieve_shop_comment") == {"project_slug", "task_pk", "id"}
    assert alice.mcp.required("list_shop_comment") == {"project_slug", "task_pk"}
    assert alice.mcp.required("create_shop_comment") == {"project_slug", "task_pk", "text"}


def test_three_levels_are_read_and_written(task, alice):
    where, path = {"project_slug": "red", "task_pk": task.pk}, f"/projects/red/tasks/{task.pk}/comments/"
    alice.compare("post", path, "create_shop_comment", {**where, "text": "Hi"}, {"text": "Hi"})
    pk = Comment.objects.get().pk
    alice.compare("get", path, "list_shop_comment", where)
    alice.compare("get", f"{path}{pk}/", "retrieve_shop_comment", {**where, "id": str(pk)})
    alice.compare("patch", f"{path}{pk}/", "update_shop_comment", {**where, "id": pk, "text": "Ho"}, {"text": "Ho"})
    other = {**where, "project_slug": "blue"}
    other_path = f"/projects/blue/tasks/{task.pk}/comments/{pk}/"
    assert alice.compare("delete", other_path, "destroy_shop_comment", {**other, "id": pk}).status == 404
    alice.compare("delete", f"{path}{pk}/", "destroy_shop_comment", {**where, "id": str(pk)})
    assert not Comment.objects.exists()


def test_missing_level_is_named(task, alice):
    error = alice.mcp.call("list_shop_comment", {"project_slug": "red"}).error
    assert error["code"] == -32602
    assert "task_pk" in error["message"]


def test_uuid_that_no_url_announces_is_found(task, alice):
    name = only(alice.mcp, "retrieve_shop_task", "token")
    alice.compare("get", f"/untyped/{KEY}/", name, {"token": str(KEY)})
    alice.compare("get", "/untyped/nonsense/", name, {"token": "nonsense"})


def test_composite_lookup_asks_for_both_parts(task, alice):
    name = only(alice.mcp, "retrieve_shop_task", "project__slug", "slug")
    arguments = {"project__slug": "red", "slug": "first"}
    alice.compare("get", "/composite/red/first/", name, arguments)
    alice.compare("get", "/composite/blue/first/", name, {**arguments, "project__slug": "blue"})
    update = only(alice.mcp, "update_shop_task", "project__slug", "slug")
    alice.compare("patch", "/composite/red/first/", update, {**arguments, "title": "New"}, {"title": "New"})


def test_kwarg_of_an_extra_action_is_required_and_arrives(task, alice):
    (name,) = [n for n in alice.mcp.tools() if n.startswith("remove_role")][:1]
    assert alice.mcp.required(name) == {"id", "role_id"}
    answer = alice.compare("delete", f"/extra/{task.pk}/roles/7/", name, {"id": str(task.pk), "role_id": 7})
    assert answer.data == {"task": task.pk, "role": "7", "kwargs": ["pk", "role_id"]}
    assert alice.mcp.call(name, {"id": str(task.pk), "role_id": "seven"}).error["code"] == -32602


def test_alternatives_in_a_kwarg_are_kept(task, alice):
    (name,) = [n for n in alice.mcp.tools() if n.startswith("download")][:1]
    alice.compare("get", f"/extra/{task.pk}/download/csv/", name, {"id": str(task.pk), "output": "csv"})
    assert alice.mcp.call(name, {"id": str(task.pk), "output": "exe"}).error["code"] == -32602


def test_kwargs_with_converters_in_an_extra_action_arrive_converted(alice):
    (name,) = [n for n in alice.mcp.tools() if n.startswith("since_") and "year" in alice.mcp.required(n)]
    answer = alice.compare("get", "/since-root/since/2024/may/", name, {"year": 2024, "month": "may"})
    assert answer.data == {"year": "2024", "month": "may"}


def test_optional_kwarg_is_optional_and_absent_is_not_the_empty_string(alice):
    (name,) = [n for n in alice.mcp.tools() if "optional" in n]
    assert alice.mcp.required(name) == set()
    assert alice.compare("get", "/optional/", name).data == {"kwargs": {}}
    assert alice.compare("get", "/optional/3/", name, {"page": "3"}).data == {"kwargs": {"page": "3"}}


def test_email_address_is_a_lookup(ann, alice):
    name = only(alice.mcp, "retrieve_shop_person", "email")
    alice.compare("get", f"/mail/{quote(ann.email)}/", name, {"email": ann.email})
    alice.compare("get", "/mail/no@body.test/", name, {"email": "no@body.test"})


@pytest.mark.parametrize(
    "email", ["a%40b@shop.test", "a b@shop.test", "a?x=1@shop.test", "a#b@shop.test", "ü@shop.test"]
)
def test_lookup_with_characters_that_a_url_quotes_arrives_unchanged(alice, email):
    Person.objects.create(username="odd", email=email)
    name = only(alice.mcp, "retrieve_shop_person", "email")
    assert alice.compare("get", f"/mail/{quote(email)}/", name, {"email": email}).data["email"] == email


def test_lookup_with_slashes_arrives_unchanged(ann, alice):
    name = only(alice.mcp, "retrieve_shop_person", "path")
    answer = alice.compare("get", "/paths/pkg/module.Class/", name, {"path": "pkg/module.Class"})
    assert answer.data["path"] == "pkg/module.Class"


def test_slash_in_a_lookup_that_has_none_goes_nowhere(ann, alice):
    name = only(alice.mcp, "retrieve_shop_person", "username")
    for value in ("ann/", "ann/../bob", "../mail/x", "ann/?x=", "a.b"):
        assert alice.mcp.call(name, {"username": value}).error["code"] == -32602, value


def test_lookup_that_is_also_a_body_field_names_the_object_and_can_be_changed(ann, alice):
    name = only(alice.mcp, "update_shop_person", "username")
    properties = set(alice.mcp.properties(name))
    (new,) = [p for p in properties if p != "username" and "username" in p]
    answer = alice.compare("patch", "/people/ann/", name, {"username": "ann", new: "anna"}, {"username": "anna"})
    assert answer.data["username"] == "anna"
    answer = alice.compare(
        "patch", "/people/anna/", name, {"username": "anna", "email": "a@b.test"}, {"email": "a@b.test"}
    )
    assert answer.data == {"id": ann.pk, "username": "anna", "email": "a@b.test"}


def test_lookup_field_that_create_takes_is_a_plain_argument(alice):
    names = [n for n in alice.mcp.tools() if n.startswith("create_shop_person")]
    assert len(names) == 2
    body = {"username": "new", "email": "new@shop.test"}
    assert body.keys() == alice.mcp.required(names[0])
    alice.compare("post", "/people/", names[0], body, body)


def test_pk_on_a_list_route_is_required(alice):
    (name,) = [n for n in alice.mcp.tools() if n.startswith("list_pkonlist") or "children" in n]
    (argument,) = alice.mcp.required(name)
    assert alice.compare("get", "/parents/5/children/", name, {argument: 5}).data == [{"parent": 5}]


def test_lookup_url_kwarg_names_the_argument(task, alice):
    name = only(alice.mcp, "retrieve_shop_task", "task_number")
    alice.compare("get", f"/numbered/{task.pk}/", name, {"task_number": str(task.pk)})
    alice.compare("get", "/numbered/999/", name, {"task_number": "999"})


def test_converters_of_every_kind_convert(alice):
    (name,) = [n for n in alice.mcp.tools() if "converted" in n]
    assert alice.mcp.required(name) == {"number", "key", "word", "year", "rest"}
    arguments = {"number": 5, "key": str(KEY), "word": "some-word", "year": "2024", "rest": "a/b c/ü"}
    path = f"/converted/5/{KEY}/some-word/2024/{quote('a/b c/ü')}"
    answer = alice.compare("get", path, name, arguments)
    assert answer.data == {
        "number": "int 5",
        "key": f"UUID {KEY}",
        "word": "str some-word",
        "year": "int 2024",
        "rest": "str a/b c/ü",
    }


@pytest.mark.parametrize(
    "wrong",
    [{"number": "five"}, {"number": -1}, {"key": "no-uuid"}, {"word": "two words"}, {"year": "x"}, {"number": True}],
)
def test_value_that_a_converter_refuses_is_named(alice, wrong):
    (name,) = [n for n in alice.mcp.tools() if "converted" in n]
    arguments = {"number": 5, "key": str(KEY), "word": "w", "year": "2024", "rest": "r", **wrong}
    error = alice.mcp.call(name, arguments).error
    assert error["code"] == -32602
    assert next(iter(wrong)) in error["message"]


def test_lookup_with_a_converter_is_found(task, alice):
    name = [n for n in alice.mcp.tools() if n.startswith("retrieve_shop_task") and "by-int" in n]
    alice.compare("get", f"/by-int/{task.pk}/", name[0], {"id": task.pk})


def test_same_name_twice_is_one_argument_that_leads_to_the_route(alice):
    (name,) = [n for n in alice.mcp.tools() if "twice" in n]
    (argument,) = alice.mcp.required(name)
    assert alice.compare("get", "/twice/4/again/4/", name, {argument: "4"}).data == {"kwargs": {"pk": "4"}}


def test_parents_kwarg_that_is_the_lookup_works_on_a_list(task, alice):
    name = only(alice.mcp, "list_shop_task", "project_slug")
    alice.compare("get", "/of/red/", name, {"project_slug": "red"})
