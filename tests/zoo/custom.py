"""What projects write themselves: fields, methods and serializers that change."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import Any, Literal, Optional, TypedDict

from rest_framework import serializers

from . import models
from .case import MISSING, zoo


class Upper(serializers.CharField):
    """Text whose type stays as it was."""

    def to_internal_value(self, data):
        """The same text, louder."""
        return super().to_internal_value(data).upper()


class ColourField(serializers.Field):
    """``#rrggbb`` on one side, three numbers or the text on the other; nothing is annotated."""

    def to_internal_value(self, data):
        """Take text or three numbers."""
        if isinstance(data, list) and len(data) == 3:
            return tuple(data)
        if isinstance(data, str) and len(data) == 7:
            return tuple(int(data[i : i + 2], 16) for i in (1, 3, 5))
        raise serializers.ValidationError("No colour.")

    def to_representation(self, value):
        """Print text."""
        return "#{:02x}{:02x}{:02x}".format(*value)


class Cents(serializers.IntegerField):
    """A number field that takes and prints something else."""

    def to_internal_value(self, data):
        """Take an object."""
        if not isinstance(data, dict):
            raise serializers.ValidationError("Expected an amount.")
        return super().to_internal_value(data.get("cents"))

    def to_representation(self, value):
        """Print an object."""
        return {"cents": value}


class Stamp(serializers.DateTimeField):
    """A point in time printed as a number, taken in the usual ways."""

    def to_representation(self, value):
        """Print seconds."""
        return int(value.timestamp())


@zoo(
    base={"upper": "a", "colour": "#ffffff", "cents": {"cents": 5}, "at": "2024-05-01T10:30:00Z"},
    ok={"colour": [[1, 2, 3], "#000000"], "cents": [{"cents": 0}], "at": ["2024-05-01T10:30:00"], "upper": ["b"]},
    bad={"upper": [MISSING], "colour": [MISSING], "cents": [MISSING], "at": [None, "x", ""]},
    hidden={"upper": ["", None], "colour": ["red", 5, [], None], "cents": [5, {"cents": "x"}, None]},
    silent="colour cents upper",
    outputs=[
        {
            "upper": "a",
            "colour": (255, 0, 0),
            "cents": 7,
            "at": dt.datetime(2024, 5, 1, 10, 30, tzinfo=dt.UTC),
        }
    ],
)
class OwnFields(serializers.Serializer):
    upper = Upper()
    colour = ColourField()
    cents = Cents()
    at = Stamp()


class HintedField(serializers.Field):
    """A field that says what it takes and prints."""

    def to_internal_value(self, data: int) -> int:
        """Take a number."""
        if not isinstance(data, int) or isinstance(data, bool):
            raise serializers.ValidationError("No number.")
        return data

    def to_representation(self, value: int) -> list[int]:
        """Print a list of numbers."""
        return [value] * 2


class Money(serializers.DecimalField):
    """A subclass that only sets options."""

    def __init__(self, **kwargs):
        super().__init__(max_digits=8, decimal_places=2, min_value=0, **kwargs)


class Percent(serializers.IntegerField):
    """A subclass with limits of its own."""

    def __init__(self, **kwargs):
        super().__init__(min_value=0, max_value=100, **kwargs)


class Flag(serializers.ChoiceField):
    """A subclass with choices of its own that prints the label."""

    def __init__(self, **kwargs):
        super().__init__(choices=[("y", "Yes"), ("n", "No")], **kwargs)

    def to_representation(self, value):
        """Print the label."""
        return self.choices.get(value, value)


@zoo(
    base={"hinted": 1, "money": "1.50", "percent": 50, "flag": "y"},
    ok={"hinted": [-5], "money": [0, "999999.99"], "percent": [0, 100], "flag": ["n"]},
    bad={"hinted": [None, MISSING], "money": ["x", -1, None], "percent": [101, -1, "x"], "flag": ["Yes", None, ""]},
    hidden={"hinted": ["x"], "money": ["-1"]},
    opaque="hinted",
    outputs=[{"hinted": 1, "money": decimal.Decimal(1), "percent": 5, "flag": "y"}],
)
class SubclassedFields(serializers.Serializer):
    hinted = HintedField()
    money = Money()
    percent = Percent()
    flag = Flag()


class Point(TypedDict):
    """What a method returns."""

    x: int
    y: int


@zoo(
    base={"name": "a"},
    ok={"name": ["b"]},
    bad={"name": [None, "", MISSING]},
    outputs=[{"name": "a", "legs": 4}, {"name": "", "legs": None}],
)
class Methods(serializers.Serializer):
    name = serializers.CharField()
    plain = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    number = serializers.SerializerMethodField()
    maybe = serializers.SerializerMethodField()
    old_maybe = serializers.SerializerMethodField()
    many = serializers.SerializerMethodField()
    mapping = serializers.SerializerMethodField()
    when = serializers.SerializerMethodField()
    price = serializers.SerializerMethodField()
    key = serializers.SerializerMethodField()
    either = serializers.SerializerMethodField()
    word = serializers.SerializerMethodField()
    anything = serializers.SerializerMethodField()
    point = serializers.SerializerMethodField()
    span = serializers.SerializerMethodField()
    nothing = serializers.SerializerMethodField()
    missing_hint = serializers.SerializerMethodField(method_name="by_another_name")

    def get_plain(self, obj):
        return {"a": 1}

    def get_text(self, obj) -> str:
        return "x"

    def get_number(self, obj) -> int:
        return 5

    def get_maybe(self, obj) -> int | None:
        return obj["legs"]

    def get_old_maybe(self, obj) -> Optional[str]:  # noqa: UP045
        return obj["name"] or None

    def get_many(self, obj) -> list[str]:
        return ["a"]

    def get_mapping(self, obj) -> dict[str, int]:
        return {"a": 1}

    def get_when(self, obj) -> dt.datetime:
        return dt.datetime(2024, 5, 1, 10, 30)

    def get_price(self, obj) -> decimal.Decimal:
        return decimal.Decimal("1.5")

    def get_key(self, obj) -> uuid.UUID:
        return uuid.UUID(int=5)

    def get_either(self, obj) -> int | str:
        return obj["legs"] or "none"

    def get_word(self, obj) -> Literal["a", "b"]:
        return "a"

    def get_anything(self, obj) -> Any:
        return None

    def get_point(self, obj) -> Point:
        return {"x": 1, "y": 2}

    def get_span(self, obj) -> dt.timedelta:
        return dt.timedelta(seconds=5)

    def get_nothing(self, obj) -> None:
        return None

    def by_another_name(self, obj) -> "Unknown":  # noqa: F821, UP037
        return [1, "a"]


@zoo(
    base={"secret": "x"},
    ok={"secret": ["y"], "both": ["z"], "user": [MISSING]},
    bad={"secret": [None, "", MISSING], "both": [None, ""]},
    outputs=[{"id": 1, "stamp": "2024", "both": "x"}, {"id": None, "stamp": None, "both": "y"}],
)
class Sides(serializers.Serializer):
    id = serializers.ReadOnlyField()
    stamp = serializers.ReadOnlyField()
    secret = serializers.CharField(write_only=True)
    both = serializers.CharField(required=False)
    user = serializers.HiddenField(default=serializers.CurrentUserDefault())
    created = serializers.HiddenField(default=serializers.CreateOnlyDefault(dt.date.today))


@zoo(
    base={},
    ok={
        "text": [MISSING, "x"],
        "number": [MISSING, 5],
        "decimal": [MISSING, "1.5"],
        "span": [MISSING, "00:00:01"],
        "day": [MISSING, "2024-05-01"],
        "late": [MISSING, "2024-05-01T10:30"],
        "items": [MISSING, []],
        "null": [MISSING, None, "x"],
        "once": [MISSING, 3],
        "key": [MISSING, "0b1e6f0a-7c54-4d0e-9d6e-2f3a4b5c6d7e"],
    },
    bad={
        "text": [None, ""],
        "number": ["x", None],
        "decimal": ["x", None],
        "span": ["x", None],
        "day": ["x", None],
        "late": ["x"],
        "items": ["x", None],
        "null": [""],
        "once": ["x"],
        "key": ["x", None],
    },
    outputs=[{}],
)
class DefaultOptions(serializers.Serializer):
    text = serializers.CharField(default="a")
    number = serializers.IntegerField(default=lambda: 1)
    decimal = serializers.DecimalField(max_digits=4, decimal_places=2, default=decimal.Decimal("1.00"))
    span = serializers.DurationField(default=dt.timedelta(hours=1))
    day = serializers.DateField(default=dt.date.today)
    late = serializers.DateTimeField(default=dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
    items = serializers.ListField(child=serializers.IntegerField(), default=list)
    null = serializers.CharField(default=None, allow_null=True)
    once = serializers.IntegerField(default=serializers.CreateOnlyDefault(7))
    key = serializers.UUIDField(default=uuid.uuid4)


@zoo(
    base={"name": "x"},
    ok={"name": ["y"], "extra": [5, MISSING]},
    bad={"name": ["", None, MISSING], "extra": ["x", None]},
    outputs=[{"name": "x", "extra": 1}],
)
class ByRequest(serializers.Serializer):
    name = serializers.CharField()
    hidden = serializers.CharField()
    extra = serializers.IntegerField(required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.context["request"].method == "POST":
            self.fields.pop("hidden")


@zoo(
    base={"name": "x"},
    ok={"name": ["y"], "for_guests": [5, MISSING]},
    bad={"name": ["", None, MISSING], "for_guests": ["x"]},
    outputs=[{"name": "x", "for_guests": 1, "level": 5}],
)
class ByUser(serializers.Serializer):
    name = serializers.CharField()
    level = serializers.IntegerField()

    def get_fields(self):
        """Fields that depend on who asks."""
        fields = super().get_fields()
        if not self.context["request"].user.is_authenticated:
            fields["level"].read_only = True
            fields["level"].required = False
            fields["for_guests"] = serializers.IntegerField(required=False)
        return fields


@zoo(
    base={"a": 1},
    ok={"a": [2]},
    bad={"a": ["x", None, MISSING]},
    options={"fields": ["a"]},
    outputs=[{"a": 1, "b": 2}],
)
class DynamicFields(serializers.Serializer):
    a = serializers.IntegerField()
    b = serializers.IntegerField()

    def __init__(self, *args, fields=None, **kwargs):
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(fields or self.fields):
            self.fields.pop(name)


@zoo(
    base={"price": "5"},
    ok={"price": ["10", 3]},
    bad={"price": ["x", None, MISSING], "level": [6, "x"]},
    hidden={"price": ["11"]},
    opaque="price",
    context={"limit": 10},
    outputs=[{"price": decimal.Decimal(5), "level": 1}],
)
class ByContext(serializers.Serializer):
    price = serializers.DecimalField(max_digits=5, decimal_places=2)
    level = serializers.IntegerField(max_value=5, required=False)

    def validate_price(self, value):
        """A limit that only the context knows."""
        if value > self.context["limit"]:
            raise serializers.ValidationError("Too much.")
        return value


class Anything(serializers.BaseSerializer):
    """No fields at all."""

    def to_internal_value(self, data):
        """Take an object."""
        return dict(data)

    def to_representation(self, instance):
        """Print an object."""
        return {"seen": instance}


zoo(
    base={"a": 1},
    whole_ok=[{}, {"b": [1, None]}, {"x": {"y": "z"}}],
    patch=False,
    patch_ok=[{"a": 2}],
    mutate=False,
    outputs=[{"a": 1}, {"b": None}],
)(Anything)


class HighScore(serializers.BaseSerializer):
    """Read only, and prints text."""

    def to_representation(self, instance):
        """Print text."""
        return f"{instance['name']}: {instance['score']}"


@zoo(
    base={"any": {"x": 1}},
    ok={"any": [{}, {"y": [1]}], "name": ["x"]},
    bad={"any": [MISSING], "name": [""]},
    hidden={"any": [None]},
    silent="any",
    outputs=[{"any": {"x": 1}, "score": {"name": "x", "score": 5}, "name": "y"}],
)
class BaseInside(serializers.Serializer):
    any = Anything()
    score = HighScore(read_only=True)
    name = serializers.CharField(required=False)


class Cat(serializers.Serializer):
    """One shape."""

    lives = serializers.IntegerField()


class Dog(serializers.Serializer):
    """The other shape."""

    breed = serializers.CharField()


class Pet(serializers.Serializer):
    """Its shape depends on ``type``."""

    type = serializers.ChoiceField(["cat", "dog"])
    shapes = {"cat": Cat, "dog": Dog}

    def to_internal_value(self, data):
        """Take the shape that ``type`` names."""
        value = super().to_internal_value(data)
        shape = self.shapes[value["type"]](data=data, context=self.context)
        shape.is_valid(raise_exception=True)
        return value | shape.validated_data

    def to_representation(self, instance):
        """Print the shape that ``type`` names."""
        return super().to_representation(instance) | self.shapes[instance["type"]](instance).data


zoo(
    base={"type": "cat", "lives": 9},
    whole_ok=[{"type": "dog", "breed": "x"}, {"type": "cat", "lives": 0}],
    hidden={"type": ["fish", None, MISSING]},
    whole_hidden=[{"type": "dog"}, {"type": "cat", "lives": "x"}],
    patch=False,
    mutate=False,
    outputs=[{"type": "cat", "lives": 9}, {"type": "dog", "breed": "x"}],
)(Pet)


@zoo(
    base={"pets": [{"type": "cat", "lives": 9}]},
    whole_ok=[{"pets": []}, {"pets": [{"type": "dog", "breed": "x"}]}],
    bad={"pets": [None, "x", [None], MISSING, [5]]},
    whole_hidden=[{"pets": [{"type": "dog"}]}],
    patch=False,
    mutate=False,
    outputs=[{"pets": [{"type": "dog", "breed": "x"}]}, {"pets": []}],
)
class Pets(serializers.Serializer):
    pets = Pet(many=True)


@zoo(
    base={"n": 1},
    ok={"n": [5]},
    mutate=False,
    patch=False,
    outputs=[{"n": 1}],
)
class Shorthand(serializers.Serializer):
    """Takes a bare value for the whole object; a tool can only send the object."""

    n = serializers.IntegerField()

    def to_internal_value(self, data):
        """Take a short form."""
        if isinstance(data, (str, int)):
            return {"n": int(str(data).lstrip("x"))}
        return super().to_internal_value(data)


@zoo(
    base={"a": 1, "b": 2},
    ok={"a": [0], "b": [5]},
    bad={"a": ["x", None, MISSING], "b": ["x", None]},
    outputs=[{"a": 1, "b": 2}, {"a": 5, "b": None}],
)
class OwnRepresentation(serializers.Serializer):
    a = serializers.IntegerField()
    b = serializers.IntegerField()

    def to_representation(self, instance):
        """Print something that the fields don't say."""
        return {"total": (instance["a"] or 0) + (instance["b"] or 0), "a": str(instance["a"])}


@zoo(
    base={"keeper": 1},
    ok={"keeper": [2]},
    bad={"keeper": ["x", None, MISSING]},
    outputs=lambda: [{"keeper": models.Keeper.objects.get(pk=1)}],
)
class NestedOnRead(serializers.Serializer):
    keeper = serializers.PrimaryKeyRelatedField(queryset=models.Keeper.objects.all())

    def to_representation(self, instance):
        """Print the object where a key was taken."""
        data = super().to_representation(instance)
        data["keeper"] = {"id": instance["keeper"].pk, "name": instance["keeper"].name}
        return data


@zoo(
    base={"name": "Rex"},
    ok={"name": ["x"], "legs": [4]},
    bad={"name": [None, ""], "legs": ["x", -1]},
    outputs=lambda: list(models.Animal.objects.all()),
)
class ModelWithProperties(serializers.ModelSerializer):
    age_or_none = serializers.IntegerField(source="age", read_only=True)
    shout = serializers.ReadOnlyField(source="loud_name")
    count = serializers.IntegerField(source="tag_count", read_only=True)
    keeper_count = serializers.IntegerField(source="keepers.count", read_only=True)
    first_tag = serializers.CharField(source="tags.first.name", read_only=True, default=None)

    class Meta:
        model = models.Animal
        fields = ["name", "legs", "loud_name", "age", "age_or_none", "shout", "count", "keeper_count", "first_tag"]
