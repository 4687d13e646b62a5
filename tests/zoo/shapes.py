"""Names, sizes and combinations that are odd but legal."""

from __future__ import annotations

from rest_framework import serializers

from .case import MISSING, zoo

OddNames = type(
    "OddNames",
    (serializers.Serializer,),
    {
        "__module__": __name__,
        "camelCase": serializers.IntegerField(),
        "with-dash": serializers.IntegerField(),
        "with.dot": serializers.IntegerField(required=False),
        "class": serializers.CharField(required=False),
        "from": serializers.DateField(required=False),
        "with space": serializers.IntegerField(required=False),
        "ünïcode": serializers.IntegerField(required=False),
        "$ref": serializers.CharField(required=False),
        "type": serializers.CharField(required=False),
        "properties": serializers.DictField(child=serializers.IntegerField(), required=False),
        "required": serializers.BooleanField(required=False),
        "_private": serializers.IntegerField(required=False),
        "default": serializers.IntegerField(required=False),
        "enum": serializers.ChoiceField(["a"], required=False),
        "title": serializers.CharField(required=False),
        "description": serializers.CharField(required=False),
        "x" * 76: serializers.IntegerField(required=False),
    },
)
zoo(
    base={"camelCase": 1, "with-dash": 2},
    ok={
        "with.dot": [3],
        "class": ["x"],
        "from": ["2024-05-01"],
        "with space": [1],
        "ünïcode": [1],
        "$ref": ["#/x"],
        "type": ["string"],
        "properties": [{}, {"a": 1}],
        "required": [True],
        "_private": [1],
        "default": [0],
        "enum": ["a"],
        "title": ["x"],
        "description": ["x"],
        "x" * 76: [1],
    },
    bad={
        "camelCase": [MISSING, "x", None],
        "with-dash": [MISSING, []],
        "with.dot": ["x"],
        "class": [""],
        "from": ["x"],
        "with space": ["x"],
        "$ref": [""],
        "type": [None],
        "properties": [[], {"a": "x"}],
        "required": ["x"],
        "enum": ["b"],
        "x" * 76: ["x"],
    },
    patch=False,
    patch_ok=[{}, {"camelCase": 5}],
)(OddNames)


Sixty = type(
    "Sixty",
    (serializers.Serializer,),
    {
        "__module__": __name__,
        **{
            f"field_{number:02}": (
                serializers.IntegerField(required=number < 3, max_value=number)
                if number % 2
                else serializers.CharField(required=number < 3, max_length=number + 1, allow_blank=number % 4 == 0)
            )
            for number in range(60)
        },
    },
)
zoo(
    base={"field_00": "", "field_01": 1, "field_02": "abc"},
    ok={"field_58": ["x" * 59], "field_59": [59], "field_56": [""]},
    bad={"field_00": ["ab", None, MISSING], "field_01": [2, MISSING], "field_58": ["x" * 60, ""], "field_59": [60]},
    outputs=[{f"field_{number:02}": number for number in range(60)}],
)(Sixty)


@zoo(
    base={"a": 1},
    ok={"a": [2], "b": [MISSING, 5], "c": [MISSING, None, 5], "d": [MISSING, 5], "e": [None, MISSING, 1]},
    bad={"a": [MISSING, None], "b": [None], "d": [None], "c": ["x"]},
    outputs=[{"a": 1, "b": 2, "c": None, "d": 4, "e": None}, {"a": 1}, {"a": 5, "d": 1}],
)
class RequiredAndDefault(serializers.Serializer):
    a = serializers.IntegerField(required=True)
    b = serializers.IntegerField(required=False)
    c = serializers.IntegerField(required=False, allow_null=True)
    d = serializers.IntegerField(default=4)
    e = serializers.IntegerField(default=None, allow_null=True)


@zoo(
    base={"email": "", "url": "", "slug": "", "regex": "", "choice": "", "ip": "", "length": ""},
    ok={
        "email": ["a@b.co", ""],
        "url": ["https://example.com"],
        "slug": ["a"],
        "regex": ["aaa"],
        "choice": ["a"],
        "ip": ["::1"],
        "length": ["abc"],
        "inverse": ["", "b"],
    },
    bad={
        "email": ["x", None, MISSING],
        "url": ["x", None],
        "slug": ["a b", None],
        "regex": ["b", None],
        "choice": ["b", None, MISSING],
        "ip": ["x", None],
        "length": ["ab", None],
    },
    outputs=[{"email": "", "url": "", "slug": "", "regex": "", "choice": "", "ip": "", "length": "", "inverse": ""}],
)
class BlankEverything(serializers.Serializer):
    email = serializers.EmailField(allow_blank=True)
    url = serializers.URLField(allow_blank=True)
    slug = serializers.SlugField(allow_blank=True)
    regex = serializers.RegexField("^a+$", allow_blank=True)
    choice = serializers.ChoiceField(["a"], allow_blank=True)
    ip = serializers.IPAddressField(allow_blank=True)
    length = serializers.CharField(min_length=3, allow_blank=True)
    inverse = serializers.CharField(allow_blank=True, required=False)


@zoo(
    base={
        "email": None,
        "url": None,
        "uuid": None,
        "choice": None,
        "date": None,
        "list": None,
        "dict": None,
        "json": None,
    },
    ok={
        "email": ["a@b.co"],
        "uuid": ["0b1e6f0a-7c54-4d0e-9d6e-2f3a4b5c6d7e"],
        "choice": ["a"],
        "date": ["2024-05-01"],
        "list": [[1], []],
        "dict": [{"a": 1}],
        "json": [1, {}],
    },
    bad={
        "email": ["", "x", MISSING],
        "url": ["", "x"],
        "uuid": ["", "x"],
        "choice": ["", "b"],
        "date": ["", "x"],
        "list": ["", ["x"]],
        "dict": ["", {"a": "x"}],
        "json": [MISSING],
    },
    outputs=[
        {
            "email": None,
            "url": None,
            "uuid": None,
            "choice": None,
            "date": None,
            "list": None,
            "dict": None,
            "json": None,
        }
    ],
)
class NullEverything(serializers.Serializer):
    email = serializers.EmailField(allow_null=True)
    url = serializers.URLField(allow_null=True)
    uuid = serializers.UUIDField(allow_null=True)
    choice = serializers.ChoiceField(["a"], allow_null=True)
    date = serializers.DateField(allow_null=True)
    list = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    dict = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    json = serializers.JSONField(allow_null=True)


@zoo(
    base={"password": "x", "again": "x"},
    ok={},
    bad={"password": ["", None, MISSING], "again": [None, MISSING, ""]},
    whole_ok=[{"password": "abc", "again": "abc"}],
    whole_hidden=[{"password": "a", "again": "b"}],
    opaque="password again",
    patch=False,
    outputs=[{}],
)
class Passwords(serializers.Serializer):
    password = serializers.CharField(write_only=True, style={"input_type": "password"})
    again = serializers.CharField(write_only=True)

    def validate(self, attrs):
        """A rule between two fields."""
        if attrs["password"] != attrs["again"]:
            raise serializers.ValidationError({"again": "Not the same."})
        return attrs


@zoo(
    base={},
    outputs=[{"a": 1, "b": "x"}],
)
class AllReadOnly(serializers.Serializer):
    a = serializers.IntegerField(read_only=True)
    b = serializers.CharField(read_only=True)


@zoo(
    base={"labelled": 1},
    ok={"labelled": [2], "helped": ["x"], "lazy": ["y"]},
    bad={"labelled": ["x", None, MISSING], "helped": ["", None], "lazy": [None]},
    outputs=[{"labelled": 1, "helped": "x", "lazy": "y"}],
)
class Described(serializers.Serializer):
    """A docstring with "quotes", <tags> and
    a second line."""

    labelled = serializers.IntegerField(label="A label", help_text="Help with “quotes”", initial=5, style={"a": 1})
    helped = serializers.CharField(help_text="x" * 2000, required=False)
    lazy = serializers.CharField(required=False, error_messages={"blank": "No."})

    def get_fields(self):
        """Texts that are translated late."""
        from django.utils.translation import gettext_lazy

        fields = super().get_fields()
        fields["lazy"].help_text = gettext_lazy("Password")
        fields["lazy"].label = gettext_lazy("Email")
        return fields


@zoo(base={"a": "x"}, ok={"a": ["y"]}, bad={"a": ["", MISSING]}, outputs=[{"a": "x"}])
class Parent(serializers.Serializer):
    a = serializers.CharField()


@zoo(
    base={"a": 5, "b": "x"},
    ok={"a": [6], "b": ["y"]},
    bad={"a": ["x", MISSING, None], "b": ["", None, MISSING]},
    outputs=[{"a": 1, "b": "x"}],
)
class Child(Parent):
    a = serializers.IntegerField()
    b = serializers.CharField()


@zoo(
    base={"low": 1, "high": 2},
    ok={"low": [0], "high": [100]},
    bad={"low": ["x", None, MISSING], "high": ["x", None, MISSING]},
    whole_hidden=[{"low": 5, "high": 1}],
    patch=False,
    patch_ok=[{}, {"low": 1, "high": 2}],
    outputs=[{"low": 1, "high": 0}],
)
class Range(serializers.Serializer):
    low = serializers.IntegerField()
    high = serializers.IntegerField()

    class Meta:
        validators = [lambda attrs: _ordered(attrs)]


def _ordered(attrs):
    if attrs.get("low", 0) > attrs.get("high", 0):
        raise serializers.ValidationError("The wrong way round.")
