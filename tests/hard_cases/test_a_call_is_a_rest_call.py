"""The call itself: every hook, every attribute of the request, every row, every kind of failure."""

from __future__ import annotations

from collections import Counter

import pytest
from django.conf import settings as django_settings
from django.core import signals as core_signals
from django.db import connection, transaction
from django.db.models import signals as model_signals
from django.dispatch import Signal
from rest_framework import viewsets

from tests.shop import middleware
from tests.shop.models import Attempt, Order, Person, Product, Task
from tests.shop.views import hooks

from .callers import NOTHING, assert_same, rows

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.shop.urls.hooks")]


@pytest.fixture(autouse=True)
def nothing_passed():
    hooks.passed.clear()
    yield
    hooks.passed.clear()


@pytest.fixture
def tasks(db):
    return [Task.objects.create(title=f"Task {number}") for number in range(3)]


def calls(pk=""):
    """Each REST call of a ViewSet and the tool call that stands for it."""
    title, wrong, one = {"title": "New"}, {"title": ""}, {"id": pk}
    return {
        "list": ("get", "/hooks/", "list", {}, NOTHING),
        "list of a page": ("get", "/hooks/?page=2", "list", {"page": 2}, NOTHING),
        "list of no page": ("get", "/hooks/?page=99", "list", {"page": 99}, NOTHING),
        "list of a version": ("get", "/hooks/?version=v1", "list", {"version": "v1"}, NOTHING),
        "retrieve": ("get", f"/hooks/{pk}/", "retrieve", one, NOTHING),
        "retrieve nothing": ("get", "/hooks/99999/", "retrieve", {"id": "99999"}, NOTHING),
        "create": ("post", "/hooks/", "create", title, title),
        "create wrongly": ("post", "/hooks/", "create", wrong, wrong),
        "update": ("patch", f"/hooks/{pk}/", "update", {**one, **title}, title),
        "update wrongly": ("patch", f"/hooks/{pk}/", "update", {**one, **wrong}, wrong),
        "destroy": ("delete", f"/hooks/{pk}/", "destroy", one, NOTHING),
        "refused action": ("post", f"/hooks/{pk}/fail/", "fail", one, {}),
        "refused object": ("post", f"/hooks/{pk}/guarded/", "guarded", one, {}),
        "too many calls": ("post", f"/hooks/{pk}/busy/", "busy", one, {}),
        "refused proof": ("post", f"/hooks/{pk}/prove/", "prove", one, {}),
        "crash": ("post", f"/hooks/{pk}/crash/", "crash", one, {}),
        "link": ("post", f"/hooks/{pk}/link/", "link", one, {}),
    }


ELSEWHERE = {
    "Authentication.authenticate": "The caller is proved once, at the endpoint, before any tool is looked at.",
    "request_started": "It is sent for each HTTP request, of which a tool call is one.",
    "request_finished": "So is this.",
}
"""What a call by MCP passes as often as one by REST, and in another place."""

NEVER = {
    "HookViewSet.http_method_not_allowed": "No tool is made for a method that a view does not have.",
    "HookViewSet.options": "No tool is made for OPTIONS.",
    "HookViewSet.setup": "Django's plain views have it called; DRF does not for its ViewSets.",
    "HookViewSet.get_view_name": "It is for OPTIONS and for the pages of the browsable API.",
    "HookViewSet.get_view_description": "So is this.",
    "HookViewSet.get_extra_action_url_map": "So is this.",
    "setting_changed": "Tests alone send it.",
}
"""What no call by MCP passes, nor any REST call of those that tools stand for."""


LOOK = [
    *("setup", "initialize_request", "get_parser_context", "get_parsers", "get_authenticators"),
    *("get_content_negotiator", "perform_authentication", "check_permissions", "get_permissions"),
]
"""What is asked of a view when nothing but who may call it is in question, before its ``has_permission``."""


@pytest.fixture
def notes(settings):
    """Has everything noted that a project can hang something on."""
    settings.MIDDLEWARE = [*django_settings.MIDDLEWARE, "tests.shop.middleware.Recorder"]
    settings.REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": ["tests.shop.views.hooks.Authentication"],
        "EXCEPTION_HANDLER": "tests.shop.views.hooks.noting_handler",
    }
    receivers = []
    for module, sender in ((core_signals, None), (model_signals, Task)):
        for name, signal in vars(module).items():
            if isinstance(signal, Signal):
                receivers.append((signal, lambda _name=name, **kwargs: hooks.passed.append(_name), sender))
                signal.connect(*receivers[-1][1:])
    yield
    for signal, receiver, sender in receivers:
        signal.disconnect(receiver, sender)


def by_rest(alice, call, task):
    """What a REST call that is taken back was answered, the hooks that it passed, and those of middleware."""
    verb, path, _, _, data = calls(str(task.pk))[call]
    hooks.passed.clear()
    middleware.seen.clear()
    with transaction.atomic():
        response = getattr(alice.rest, verb)(path, **({} if data is NOTHING else {"data": data, "format": "json"}))
        transaction.set_rollback(True)
    return response, list(hooks.passed), list(middleware.seen)


def compare_hooks(alice, call, task):
    """Make both calls, of which the second must have passed the hooks of the first.

    Gives the answers to both, and what their middleware saw.
    """
    *_, action, arguments, _ = calls(str(task.pk))[call]
    (tool,) = [name for name in alice.mcp.tools() if name.startswith(f"{action}_shop_task")]
    with transaction.atomic():
        # The first call of a tool asks whether it is there for this caller, and the view for the labels of its fields.
        alice.mcp.call(tool, arguments)
        transaction.set_rollback(True)
    response, passed, seen = by_rest(alice, call, task)
    hooks.passed.clear()
    middleware.seen.clear()
    answer = alice.mcp.call(tool, arguments)
    assert Counter(filter(ELSEWHERE.get, hooks.passed)) == Counter(filter(ELSEWHERE.get, passed))
    expected = [hook for hook in passed if hook not in ELSEWHERE]
    found = [hook for hook in hooks.passed if hook not in ELSEWHERE]
    assert found[: len(expected)] == expected
    # After a call that failed, the view is asked whether there is such a tool for the caller at all.
    looked = [*(f"HookViewSet.{name}" for name in LOOK), "Permission.has_permission"]
    assert found[len(expected) :] == (looked if response.status_code >= 400 else [])
    return response, answer, seen, [entry for entry in middleware.seen if entry[0] != "/mcp/"]


@pytest.mark.parametrize("call", calls())
def test_tool_call_passes_every_hook_of_a_rest_call_in_the_same_order(notes, tasks, alice, call):
    _, _, seen_by_rest, seen = compare_hooks(alice, call, tasks[0])
    assert seen == seen_by_rest


@pytest.mark.parametrize("call", ["list", "create", "create wrongly", "destroy", "refused object", "crash"])
def test_without_any_middleware_a_tool_call_still_passes_all_of_drf_and_is_answered_alike(
    settings, notes, tasks, alice, call
):
    settings.DRF_MCP = {**settings.DRF_MCP, "SKIP_MIDDLEWARE": settings.MIDDLEWARE}
    response, answer, _, seen = compare_hooks(alice, call, tasks[0])
    assert_same(response, answer)
    assert seen == []


def test_nothing_that_a_project_can_override_is_missing_among_the_hooks_that_were_compared(notes, tasks, alice):
    names, methods = set(), set()
    for call in calls():
        _, passed, seen = by_rest(alice, call, tasks[0])
        names |= {hook.partition(" ")[0] for hook in passed}
        methods |= {method.partition(" ")[0] for _, method in seen}
    known = {f"HookViewSet.{name}" for name in hooks.hooks_of(*viewsets.ModelViewSet.__mro__)}
    known |= {name for name in vars(core_signals) if isinstance(getattr(core_signals, name), Signal)}
    known |= {"exception_handler", "post_render_callback", "Authentication.authenticate", "pre_save", "post_delete"}
    assert known - names == set(NEVER)
    assert methods == {"middleware", "process_view", "process_exception", "process_template_response"}


@pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete"])
def test_request_is_what_an_action_expects(tasks, alice, verb):
    pk = str(tasks[0].pk)
    name = f"{verb}_truth_shop_task"
    body = {"size": 3} if verb in ("post", "put", "patch") else NOTHING
    arguments = {"id": pk, **({} if body is NOTHING else body)}
    answer = alice.compare(verb, f"/truth/{pk}/truth/", name, arguments, body, HTTP_ACCEPT="application/json")
    assert answer.data["user"] == answer.data["django_user"] == "alice"
    assert answer.data["uri"] == f"http://testserver/truth/{pk}/truth/"


def test_query_parameters_are_what_an_action_expects(tasks, alice):
    pk = str(tasks[0].pk)
    path = f"/truth/{pk}/truth/?colour=a%26b+%C3%BC"
    arguments = {"id": pk, "colour": "a&b ü"}
    answer = alice.compare("get", path, "get_truth_shop_task", arguments, HTTP_ACCEPT="application/json")
    assert answer.data["colour"] == "a&b ü"


def test_host_scheme_language_and_address_are_the_clients(settings, tasks, alice):
    settings.ALLOWED_HOSTS = ["shop.test"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    pk = str(tasks[0].pk)
    headers = {
        "HTTP_HOST": "shop.test:8443",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_ACCEPT_LANGUAGE": "de",
        "HTTP_USER_AGENT": "agent/1",
        "REMOTE_ADDR": "10.1.2.3",
    }
    response = alice.rest.get(f"/truth/{pk}/truth/", HTTP_ACCEPT="application/json", **headers)
    answer = alice.mcp.call("get_truth_shop_task", {"id": pk}, **headers)
    assert_same(response, answer)
    assert answer.data["uri"] == f"https://shop.test:8443/truth/{pk}/truth/"


def test_action_finds_the_context_under_mcp_and_none_under_rest(alice):
    assert alice.rest.get("/truth/context/").data == {"mcp": None, "user": None}
    assert alice.mcp.call("context_shop_task").data == {"mcp": "Context", "user": "alice"}


def test_no_credential_of_the_client_gets_inside(alice):
    alice.mcp.client.cookies["sessionid"] = "stolen-session"
    alice.mcp.client.cookies["csrftoken"] = "stolen-csrf"
    data = alice.mcp.call("credentials_shop_task", HTTP_X_API_KEY="stolen-key").data
    shown = str(data)
    for secret in (alice.token, "stolen-session", "stolen-csrf", "stolen-key"):
        assert secret not in shown
    assert data["headers"]["Authorization"].startswith("MCP ")
    assert set(data["cookies"]) == {"drf_mcp"}
    assert data["session"] == []


def test_opaque_credentials_differ_by_caller_and_stay_the_same_for_one(alice, bob, nobody):
    def authorization(caller):
        return caller.mcp.call("credentials_shop_task").data["headers"].get("Authorization")

    assert authorization(alice) == authorization(alice)
    assert authorization(alice) != authorization(bob)
    assert authorization(nobody) is None


def test_session_of_the_client_is_not_the_callers(alice, bob):
    alice.mcp.client.force_login(bob.user)
    assert alice.mcp.call("context_shop_task").data["user"] == "alice"


def test_view_that_wants_no_user_gets_none(alice):
    assert alice.compare("get", "/no-user/", "list_no-user").data["user"] == "AnonymousUser"


def test_view_that_asks_for_another_proof_refuses_until_its_class_is_accepted(settings, alice):
    assert "list_device" not in alice.mcp.tools()
    assert alice.mcp.call("list_device").error["message"].startswith("Unknown tool")
    accepted = ["tests.shop.views.hooks.DeviceAuthentication"]
    settings.DRF_MCP = {**settings.DRF_MCP, "ACCEPT_IDENTITY_FOR": accepted}
    assert alice.mcp.call("list_device").data["user"] == "alice"


def test_conditional_and_encoding_headers_stay_outside(alice):
    data = alice.mcp.call(
        "credentials_shop_task", HTTP_IF_NONE_MATCH='"x"', HTTP_ACCEPT_ENCODING="gzip", HTTP_ORIGIN=""
    )
    headers = data.data["headers"] if "result" in data.payload else {}
    assert not {"If-None-Match", "Accept-Encoding"} & set(headers)


FAILURES = ["raised_400", "returned_400", "crashed", "raised_404", "raised_403", "fine"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [True, False])
def test_rows_are_left_exactly_as_rest_leaves_them(monkeypatch, alice, atomic):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
    left = {}
    for failure in FAILURES:
        alice.rest.post(f"/failing/{failure}/")
        by_rest = list(Attempt.objects.values_list("reason", flat=True))
        Attempt.objects.all().delete()
        alice.mcp.call(f"{failure}_shop_attempt")
        assert list(Attempt.objects.values_list("reason", flat=True)) == by_rest, failure
        Attempt.objects.all().delete()
        left[failure] = bool(by_rest)
    kept = {"returned_400", "fine"} if atomic else set(FAILURES)
    assert {failure for failure, is_left in left.items() if is_left} == kept


@pytest.mark.parametrize("failure", [*FAILURES, "nested", "bare", "listed", "parse", "lazy", "gone"])
def test_failure_says_what_rest_says(alice, failure):
    response = alice.rest.post(f"/failing/{failure}/")
    answer = alice.mcp.call(f"{failure}_shop_attempt")
    if failure in ("bare", "listed", "parse", "lazy"):
        assert answer.error["code"] == -32602
        said = response.json()
        for message in said if isinstance(said, list) else said.values():
            assert message in answer.error["message"]
    else:
        assert_same(response, answer)


def test_nested_errors_keep_their_paths_and_codes(alice):
    error = alice.mcp.call("nested_shop_attempt").error
    assert error["data"]["errors"]["items"][1] == {"name": [{"message": "Too long.", "code": "max_length"}]}
    assert "items.1.name: Too long." in error["message"]


def test_validation_errors_can_be_results(settings, alice):
    settings.DRF_MCP = {**settings.DRF_MCP, "VALIDATION_ERRORS": "result"}
    answer = alice.mcp.call("nested_shop_attempt")
    assert answer.is_refused
    assert answer.structured["status"] == 400


@pytest.mark.django_db(transaction=True)
def test_lost_race_for_a_unique_value_is_invalid_params(alice):
    Person.objects.create(username="ann", email="ann@shop.test")
    before = rows()
    answer = alice.mcp.call("create_shop_person", {"username": "ann", "email": "other@shop.test"})
    assert answer.error["code"] == -32602, answer.payload
    assert "UNIQUE" not in str(answer.payload)
    assert "shop_person" not in str(answer.payload)
    assert rows() == before
    assert alice.mcp.call("create_shop_person", {"username": "b", "email": "b@shop.test"}).status == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [True, False])
def test_lost_race_leaves_the_connection_usable(monkeypatch, alice, atomic):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
    Person.objects.create(username="ann", email="ann@shop.test")
    answer = alice.mcp.call("create_shop_person", {"username": "x", "email": "ann@shop.test"})
    assert answer.error["code"] == -32602, answer.payload
    assert alice.mcp.call("list_shop_person").status == 200


def test_protected_object_is_refused_and_stays(alice):
    product = Product.objects.create(sku="s", name="S")
    Order.objects.create(product=product)
    answer = alice.mcp.call("destroy_shop_product", {"id": str(product.pk)})
    assert "error" not in answer.payload, "a ProtectedError is the caller's to repair, not an internal error"
    assert answer.status == 409
    assert "shop_order" not in str(answer.payload)
    assert Product.objects.exists()


def test_django_validation_error_in_perform_create_is_invalid_params(alice):
    body = {"sku": "a", "name": "forbidden"}
    error = alice.mcp.call("create_shop_product", body).error
    assert error["code"] == -32602
    assert error["data"]["errors"]["name"][0]["message"] == "This name is forbidden."
    assert error["data"]["errors"]["name"][0]["code"] == "forbidden"
    assert not Product.objects.exists()


def test_django_validation_error_in_perform_update_is_invalid_params_and_changes_nothing(alice):
    product = Product.objects.create(sku="s", name="S")
    error = alice.mcp.call("update_shop_product", {"id": str(product.pk), "stock": -1}).error
    assert error["code"] == -32602
    assert "Stock is never negative." in error["message"]
    product.refresh_from_db()
    assert product.stock == 0


@pytest.mark.parametrize("action", ["invalid", "taken", "lost", "unhandled"])
def test_answers_of_the_projects_own_exception_handler_are_kept(alice, action):
    response = alice.rest.post(f"/own-handler/{action}/")
    answer = alice.mcp.call(f"{action}_shop_product")
    expected = {"invalid": 400, "taken": 409, "lost": 404, "unhandled": 500}[action]
    assert response.status_code == answer.status == expected
    for word in {"invalid": ["Wrong."], "taken": ["Taken"], "lost": ["nothing", "here"]}.get(action, []):
        assert word in str(answer.payload)


def test_null_and_absent_are_two_things(alice):
    product = Product.objects.create(sku="s", name="S", note="kept", stock=4)
    path, pk = f"/cleaning/{product.pk}/", str(product.pk)
    alice.compare("patch", path, "update_shop_product", {"id": pk, "stock": 5}, {"stock": 5})
    product.refresh_from_db()
    assert product.note == "kept"
    alice.compare("patch", path, "update_shop_product", {"id": pk, "note": None}, {"note": None})
    product.refresh_from_db()
    assert product.note is None
    alice.compare("patch", path, "update_shop_product", {"id": pk, "note": ""}, {"note": ""})
    alice.compare("patch", path, "update_shop_product", {"id": pk, "name": None}, {"name": None})
    alice.compare("patch", path, "update_shop_product", {"id": pk}, {})


def test_null_for_what_names_an_object_is_a_missing_argument(alice):
    Product.objects.create(sku="s", name="S")
    for arguments in ({}, {"id": None}, {"id": ""}):
        error = alice.mcp.call("destroy_shop_product", arguments).error
        assert error["code"] == -32602
        assert "id" in error["message"]
    assert Product.objects.exists()


@pytest.mark.parametrize("wrong", [True, 1.5, ["1"], {"pk": 1}])
def test_what_names_an_object_is_never_guessed(alice, wrong):
    Product.objects.create(sku="s", name="S")
    assert alice.mcp.call("destroy_shop_product", {"id": wrong}).error["code"] == -32602
    assert Product.objects.exists()


def test_integer_stands_for_a_string_id(alice):
    product = Product.objects.create(sku="s", name="S")
    assert alice.mcp.call("retrieve_shop_product", {"id": product.pk}).data["sku"] == "s"


def test_plain_json_values_are_kept_as_they_are(alice):
    body = {"sku": "a", "name": "A", "attributes": {"a": [1, None, {"b": 1.5}]}, "tags": ["x", "1"]}
    answer = alice.compare("post", "/cleaning/", "create_shop_product", body, body)
    assert answer.data["attributes"] == body["attributes"]


def test_string_for_a_json_field_that_takes_any_value_is_kept_as_rest_keeps_it(alice):
    body = {"sku": "a", "name": "A", "attributes": '{"a": 1}'}
    alice.compare("post", "/cleaning/", "create_shop_product", body, body)


def test_numbers_reach_the_view_undamaged(alice):
    body = {
        "sku": "a",
        "name": "A",
        "price": "12.30",
        "attributes": {"big": 2**53 + 1, "small": 0.1, "text": "\u2028💡"},
    }
    alice.compare("post", "/cleaning/", "create_shop_product", body, body)
