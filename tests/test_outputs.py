"""What is promised of an answer: only what every answer keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from drf_spectacular.utils import extend_schema, extend_schema_view
from jsonschema import Draft202012Validator
from rest_framework import filters, mixins, negotiation, pagination, serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ModelViewSet

from tests.factories import UserFactory, routed, tools_of
from users.models import User

pytestmark = pytest.mark.django_db


class Row(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "username", "is_active"]
        read_only_fields = ["is_active"]


class Rows(ModelViewSet):
    queryset = User.objects.order_by("pk")
    serializer_class = Row
    authentication_classes = permission_classes = ()


def promised(action_name: str, base: type = Rows, **attributes: Any) -> Any:
    return tools_of(*routed(type("View", (base,), attributes)))[action_name].output_schema


def answered(method: str, action_name: str, view: type, data: Any = None, **kwargs: Any) -> Any:
    """What the routed action really answers, as structured content."""
    request = APIRequestFactory().generic(
        method, "/", JSONRenderer().render(data or {}), content_type="application/json"
    )
    response = view.as_view({method.lower(): action_name})(request, **kwargs).render()

    content = json.loads(response.content)
    return content if isinstance(content, dict) else {"result": content}


def test_drfs_own_actions_on_rows_of_the_serializers_model_are_promised() -> None:
    user = UserFactory()
    for method, name, kwargs in (
        ("GET", "list", {}),
        ("GET", "retrieve", {"pk": user.pk}),
        ("POST", "create", {}),
        ("PATCH", "partial_update", {"pk": user.pk}),
    ):
        schema = promised(name)
        assert schema, name
        Draft202012Validator(schema).validate(answered(method, name, Rows, {"username": f"x{method}"}, **kwargs))


def test_what_a_schema_generator_is_told_of_a_method_changes_no_promise() -> None:
    described = extend_schema_view(list=extend_schema(summary="All"), create=extend_schema(tags=["rows"]))
    again = extend_schema_view(list=extend_schema(tags=["rows"]))

    @described
    class Described(Rows):
        pass

    @again
    class Again(Described):
        pass

    @again
    class Own(Rows):
        def list(self, request):
            return Response({})

    @again
    class Beneath(Own):
        pass

    for name in ("list", "create", "partial_update"):
        assert promised(name, Described) == promised(name, Again) == promised(name) is not None
    assert promised("list", Own) is promised("list", Beneath) is None


def test_a_patch_answers_what_an_overridden_update_answers() -> None:
    def update(self, request, *args, **kwargs):
        return Response({"ok": True})

    assert promised("partial_update", update=update) is None
    assert promised("create", update=update) is not None


class Sized(pagination.PageNumberPagination):
    page_size = 2


@pytest.mark.parametrize(
    "override",
    [
        {"get_page_size": lambda self, request: None},
        {"paginate_queryset": lambda self, queryset, request, view=None: None},
        {"get_paginated_response": lambda self, data: Response({"data": data})},
        {"get_next_link": lambda self: 2},
        {"page_size": None},
    ],
)
def test_a_paginator_of_ones_own_ways_promises_nothing(override) -> None:
    assert promised("list", pagination_class=Sized)["required"] == ["count", "next", "previous", "results"]
    assert promised("list", pagination_class=type("Own", (Sized,), override)) is None


def test_a_limit_that_is_overridden_promises_nothing() -> None:
    class Limited(pagination.LimitOffsetPagination):
        default_limit = 5

    class Unlimited(Limited):
        def get_limit(self, request):
            return None

    assert promised("list", pagination_class=Limited) is not None
    assert promised("list", pagination_class=Unlimited) is None


def refused(self, serializer):
    self.later = serializer


def saved(self, serializer):
    """Save, in one way or the other."""
    if self.request.user.is_authenticated:
        serializer.save(is_active=True)
    else:
        serializer.save()


def saved_if(self, serializer):
    if self.request.user.is_authenticated:
        serializer.save()


def saved_by_super(self, serializer):
    mixins.CreateModelMixin.perform_create(self, serializer)


def test_a_create_that_may_not_save_promises_nothing() -> None:
    view = type("View", (Rows,), {"perform_create": refused})
    assert "id" not in answered("POST", "create", view, {"username": "x"})
    assert promised("create", perform_create=refused) is None
    assert promised("create", perform_create=saved_if) is None
    assert promised("create", perform_create=saved_by_super) is None
    assert promised("create", perform_create=saved) == promised("create")


def test_an_update_that_may_not_save_promises_nothing() -> None:
    assert promised("partial_update", perform_update=refused) is None
    assert promised("partial_update", perform_update=saved) is not None


class Elsewhere(Row):
    def create(self, validated_data):
        return dict(validated_data)


class Made(Row):
    def create(self, validated_data):
        user = User.objects.create_user(**validated_data)
        user.groups.clear()
        return user

    def update(self, instance, validated_data):
        changed = super().update(instance, validated_data)
        changed.groups.clear()
        return changed


class Unsaved(Row):
    def save(self, **kwargs):
        return None


def test_a_serializer_that_saves_something_else_promises_nothing() -> None:
    view = type("View", (Rows,), {"serializer_class": Elsewhere})
    assert "id" not in answered("POST", "create", view, {"username": "x"})
    assert promised("create", serializer_class=Elsewhere) is None
    assert promised("create", serializer_class=Unsaved) is None
    assert promised("create", serializer_class=Made) == promised("create")
    assert promised("partial_update", serializer_class=Made) is not None
    assert promised("list", serializer_class=Elsewhere) is not None


class Plain(serializers.Serializer):
    username = serializers.CharField()

    def create(self, validated_data):
        return dict(validated_data)


class PlainOverRow(serializers.Serializer):
    row = Row()

    def create(self, validated_data):
        return dict(validated_data)


def test_a_plain_serializer_prints_the_same_of_anything() -> None:
    assert promised("create", serializer_class=Plain)["required"] == ["username"]
    assert promised("create", serializer_class=PlainOverRow) is None


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("retrieve", {"get_object": lambda self: None}),
        ("partial_update", {"get_object": lambda self: None}),
        ("list", {"get_queryset": lambda self: User.objects.values("username")}),
        ("list", {"get_queryset": lambda self: list(User.objects.all())}),
        ("list", {"queryset": User.objects.values_list("pk")}),
        ("list", {"get_queryset": lambda self: self.request.user.groups.all()}),
        ("list", {"filter_queryset": lambda self, queryset: [{"username": "x"}]}),
        ("list", {"get_serializer": lambda self, *args, **kwargs: Plain(*args, **kwargs)}),
        ("list", {"finalize_response": lambda self, request, response, *args, **kwargs: response}),
        ("list", {"get_renderers": lambda self: []}),
        ("list", {"get_renderers": lambda self: [JSONRenderer()] if self.request.GET else []}),
        ("list", {"paginate_queryset": lambda self, queryset: None}),
        ("list", {"content_negotiation_class": type("N", (negotiation.DefaultContentNegotiation,), {})}),
        ("list", {"renderer_classes": [type("R", (JSONRenderer,), {})]}),
    ],
)
def test_an_overridden_method_promises_nothing(name, attributes) -> None:
    assert promised(name) is not None
    assert promised(name, **attributes) is None


def test_a_queryset_of_ones_own_is_asked_for() -> None:
    assert promised("list", get_queryset=lambda self: User.objects.filter(is_active=True)) is not None
    assert promised("list", filter_backends=[filters.SearchFilter], search_fields=["username"]) is not None


class Wrapped(serializers.ListSerializer):
    def to_representation(self, data):
        return [{"row": row} for row in super().to_representation(data)]


class RowInList(Row):
    class Meta(Row.Meta):
        list_serializer_class = Wrapped


class PrintsItself(Row):
    def to_representation(self, instance):
        return {"it": instance.pk}


class Outer(serializers.Serializer):
    inner = PrintsItself(source="*")
    rows = RowInList(many=True)


def test_what_prints_itself_is_not_described_wherever_it_is() -> None:
    assert promised("list", serializer_class=RowInList) is None
    assert promised("retrieve", serializer_class=RowInList) is not None
    assert promised("retrieve", serializer_class=PrintsItself) is None
    assert promised("retrieve", serializer_class=Outer)["properties"] == {"inner": {}, "rows": {}}


class Hashed(serializers.IntegerField):
    def to_representation(self, value):
        return f"#{value}"


class WithKey(serializers.Serializer):
    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), pk_field=Hashed())


def test_a_key_that_prints_itself_is_not_described() -> None:
    assert promised("retrieve", serializer_class=WithKey)["properties"]["user"] == {}


def test_a_serializer_that_is_chosen_by_the_url_promises_nothing() -> None:
    def get_serializer_class(self):
        return Plain if "pk" in self.kwargs else Row

    assert promised("retrieve", get_serializer_class=get_serializer_class) is None


# Hints


class Actions(Rows):
    @action(detail=True, methods=["patch"])
    def rename(self, request, pk=None):
        return Response()

    @action(detail=True)
    def peek(self, request, pk=None):
        return Response({"name": self.get_object().username})

    @action(detail=True)
    def visit(self, request, pk=None):
        user = self.get_object()
        user.save()
        return Response()

    def create(self, request, *args, **kwargs):
        return super().create(request, *args, **kwargs)


def hints(view: type) -> dict[str, tuple[bool, bool, bool]]:
    return {
        name: tuple(tool.annotations[f"{hint}Hint"] for hint in ("readOnly", "destructive", "idempotent"))
        for name, tool in tools_of(*routed(view)).items()
    }


def test_hints_promise_what_is_certain() -> None:
    found = hints(Actions)
    assert found["rename"] == (False, True, False)
    assert found["peek"] == (True, False, True)
    assert found["visit"] == (False, True, False)
    assert found["create"] == (False, True, False)
    assert found["partial_update"] == (False, True, True)
    assert found["destroy"] == (False, True, True)
    assert hints(Rows)["create"] == (False, False, False)


def test_a_hook_of_ones_own_may_count() -> None:
    def perform_update(self, serializer):
        serializer.save(username=serializer.instance.username + "!")

    assert hints(type("View", (Rows,), {"perform_update": perform_update}))["partial_update"] == (False, True, False)
