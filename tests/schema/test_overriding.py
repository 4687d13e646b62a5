"""Serializers and fields that override how they read their input, and what their schemas still say."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.validators import MaxValueValidator
from rest_framework import serializers

from drf_mcp.schema import input_schema
from users.models import User

TEXT = {"type": "string", "pattern": r"\S"}


class Named(serializers.Serializer):
    name = serializers.CharField(max_length=5)


class Straight(Named):
    def to_internal_value(self, data):
        return super().to_internal_value(data)


class Dressed(Named):
    """With everything around the call that leaves the input alone."""

    def to_internal_value(self, data):
        """Take it as it is."""
        user = self.context.get("user")
        if user == "nobody":
            raise serializers.ValidationError("Who?")
        values = super().to_internal_value(data)
        values["user"] = user
        return values


class Guarded(Named):
    def to_internal_value(self, data):
        try:
            return super(Guarded, self).to_internal_value(data)  # noqa: UP008
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"all": error.detail}) from error


class Rerun(Named):
    def run_validation(self, data=serializers.empty):
        data = super().run_validation(data)
        if data.get("name") == "x":
            raise serializers.ValidationError("Not x.")
        return data


class KnownKey(Named):
    def to_internal_value(self, data):
        values = super().to_internal_value(data)
        if "name" in data:
            values["raw"] = data["name"] + data.get("name", "")
        return values


@pytest.mark.parametrize("cls", [Straight, Dressed, Guarded, Rerun, KnownKey])
def test_a_serializer_that_hands_its_input_on_unchanged_keeps_its_schema(cls) -> None:
    plain = input_schema(Named())
    assert plain["properties"]["name"]["maxLength"] == 5
    assert input_schema(cls()) == plain


class Flagged(Named):
    """Two serializers in one, told apart by what its maker says."""

    def __init__(self, *args, nested=False, **kwargs):
        self.nested = nested
        super().__init__(*args, **kwargs)

    def to_internal_value(self, data):
        if self.nested:
            return User.objects.get(**data)
        return super().to_internal_value(data)


class Flipped(Flagged):
    def to_internal_value(self, data):
        if not self.nested:
            return super().to_internal_value(data)
        return data


class Reflagged(Flagged):
    def run_validation(self, data=serializers.empty):
        self.nested = "name" not in data
        return super().run_validation(data)


class Saved(Named):
    def to_internal_value(self, data):
        if self.instance:
            return data
        return super().to_internal_value(data)


class Partial(Named):
    def to_internal_value(self, data):
        if self.partial:
            return data
        return super().to_internal_value(data)


class Asking(Flagged):
    @property
    def nested(self):
        return self.context.get("nested", False)

    @nested.setter
    def nested(self, value):
        pass


OPEN = {"type": "object", "properties": {"name": {"description": "Name"}}}


@pytest.mark.parametrize("cls", [Flagged, Flipped])
def test_a_flag_that_a_serializer_is_made_with_says_which_of_two_ways_it_reads(cls) -> None:
    class Outer(serializers.Serializer):
        inner = cls(nested=True)

    assert {**input_schema(cls()), "additionalProperties": False} == input_schema(Named())
    assert input_schema(cls(nested=True)) == OPEN
    assert input_schema(Outer())["properties"]["inner"] == {"description": "Inner"}


@pytest.mark.parametrize("cls", [Reflagged, Asking, Saved, Partial])
def test_a_flag_that_may_change_with_the_call_says_nothing(cls) -> None:
    assert input_schema(cls()) == OPEN


class Massaging(Named):
    def to_internal_value(self, data):
        data = {"name": data.get("title")}
        return super().to_internal_value(data)


class Popping(Named):
    def to_internal_value(self, data):
        data.pop("name")
        return super().to_internal_value(data)


class Sometimes(Named):
    def to_internal_value(self, data):
        if self.context.get("quick"):
            return {"name": "x"}
        return super().to_internal_value(data)


class Forgiving(Named):
    def to_internal_value(self, data):
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError:
            return {"name": str(data)}


class Refitted(Named):
    def to_internal_value(self, data):
        self.fields["name"] = serializers.IntegerField()
        return super().to_internal_value(data)


class Wrapped(Named):
    def to_internal_value(self, data):
        return super().to_internal_value({"name": data})


class Either(Named):
    def to_internal_value(self, data):
        return {"name": "x"} or super().to_internal_value(data)  # noqa: SIM222


class Handed(Named):
    def to_internal_value(self, data):
        self.prepare(data)
        return super().to_internal_value(data)

    def prepare(self, data):
        data["name"] = "x"


@pytest.mark.parametrize("cls", [Massaging, Popping, Sometimes, Forgiving, Refitted, Wrapped, Either, Handed])
def test_a_serializer_that_may_change_its_input_first_is_open_and_untyped(cls) -> None:
    schema = input_schema(cls())
    assert schema["properties"]["name"] == {"description": "Name"}
    assert "additionalProperties" not in schema
    assert "required" not in schema


class Extra(Named):
    def to_internal_value(self, data):
        values = super().to_internal_value(data)
        values["note"] = data.get("note")
        return values


class Initial(Named):
    def validate(self, attrs):
        return {**attrs, "note": self.initial_data.get("note")}


@pytest.mark.parametrize("cls", [Extra, Initial])
def test_a_serializer_that_looks_up_more_in_its_input_is_typed_and_open(cls) -> None:
    schema = input_schema(cls())
    assert schema["properties"]["name"]["maxLength"] == 5
    assert "additionalProperties" not in schema


class Upper(serializers.CharField):
    def to_internal_value(self, data):
        return super().to_internal_value(data).upper()


class Checked(serializers.IntegerField):
    def run_validation(self, data=serializers.empty):
        value = super().run_validation(data)
        if value == 13:
            self.fail("invalid")
        return value


class Loose(serializers.IntegerField):
    def to_internal_value(self, data):
        return super().to_internal_value(str(data).strip("#"))


class NullAsBlank(serializers.IntegerField):
    def validate_empty_values(self, data):
        if data in ("", None, serializers.empty):
            return True, None
        return super().validate_empty_values(data)


class EmptyFirst(serializers.IntegerField):
    def validate_empty_values(self, data):
        is_empty, data = super().validate_empty_values(data)
        return is_empty, data


class Elsewhere(serializers.IntegerField):
    def get_value(self, dictionary):
        return dictionary.get("other", serializers.empty)


def schema_of(field: serializers.Field) -> dict[str, Any]:
    return input_schema(type("S", (serializers.Serializer,), {"it": field})())


def test_fields_are_read_like_serializers() -> None:
    assert schema_of(Upper(max_length=3))["properties"]["it"]["maxLength"] == 3
    assert schema_of(Checked(max_value=20))["properties"]["it"]["maximum"] == 20
    assert schema_of(EmptyFirst())["properties"]["it"]["type"] == "integer"
    assert schema_of(Loose())["properties"]["it"] == {"description": "It"}
    assert schema_of(Loose())["required"] == ["it"]


def test_a_field_that_judges_absence_itself_is_not_required() -> None:
    for field in (NullAsBlank(), Elsewhere()):
        assert "required" not in schema_of(field)
        assert schema_of(field)["properties"]["it"] == {"description": "It"}
    assert "additionalProperties" not in schema_of(Elsewhere())


class Tolerant(serializers.PrimaryKeyRelatedField):
    def to_internal_value(self, data):
        return super().to_internal_value(data["id"] if isinstance(data, dict) else data)


class Keyed(serializers.Serializer):
    many = Tolerant(many=True, queryset=User.objects.all())
    strict = serializers.PrimaryKeyRelatedField(many=True, queryset=User.objects.all())
    by = serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), pk_field=Loose())


def test_the_items_of_a_relation_are_untyped_where_its_child_reads_them_itself() -> None:
    properties = input_schema(Keyed())["properties"]
    assert properties["many"]["items"] == {}
    assert properties["strict"]["items"] == {"type": "integer"}
    assert "type" not in properties["by"]


class Annotated(serializers.Field):
    def to_internal_value(self, data: int) -> int:
        return data


def test_an_annotated_field_takes_null_where_it_may() -> None:
    assert schema_of(Annotated(allow_null=True))["properties"]["it"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]


# What each request computes


def this_year() -> int:
    return dt.date.today().year


def names():
    return [(user.username, user.username) for user in User.objects.all()]


class Computed(serializers.Serializer):
    year = serializers.IntegerField(validators=[MaxValueValidator(this_year)])
    since = serializers.DateField(default=dt.date.today)
    owner = serializers.ChoiceField(choices=[])
    rows = serializers.ChoiceField(choices=User.objects.none().values_list("pk", "username"))
    fixed = serializers.ChoiceField(choices=["a"])

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = names()


@pytest.mark.django_db
def test_what_each_request_computes_is_left_out() -> None:
    properties = input_schema(Computed())["properties"]
    assert properties["year"] == {"type": "integer", "description": "Year"}
    assert "default" not in properties["since"]
    assert properties["owner"] == {"description": "Owner"}
    assert properties["rows"] == {"description": "Rows"}
    assert properties["fixed"]["enum"] == ["a"]


def test_a_class_that_was_made_at_run_time_is_the_projects_all_the_same() -> None:
    """Such a class of a serializer names DRF's module, since DRF's metaclass makes it."""
    made = type("Made", (Named,), {"to_internal_value": lambda self, data: {"name": data["title"]}})
    assert made.__module__.startswith("rest_framework.")
    assert "maxLength" not in input_schema(made())["properties"]["name"]
