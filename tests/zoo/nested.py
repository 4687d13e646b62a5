"""Serializers inside serializers, and lists of them."""

from __future__ import annotations

import datetime as dt

from rest_framework import serializers

from . import models
from .case import MISSING, zoo
from .world import DEN


class Address(serializers.Serializer):
    """A part of others."""

    street = serializers.CharField(max_length=10)
    number = serializers.IntegerField(required=False)


HOME = {"street": "Elm", "number": 1}


@zoo(
    base={"home": HOME},
    ok={"home": [{"street": "x"}], "work": [None, HOME], "given": [MISSING, HOME], "other": [MISSING, HOME]},
    bad={
        "home": [
            MISSING,
            None,
            {},
            {"street": ""},
            {"street": "x" * 11},
            {"street": "x", "number": "y"},
            [],
            "x",
            5,
            [HOME],
        ],
        "work": [{}, [], "x"],
        "given": [None, {"street": None}],
        "other": [None, {"number": 5}],
    },
    patch=False,
    patch_ok=[{}, {"home": {}}, {"home": {"number": 2}}, {"work": None}, {"other": {}}],
    patch_bad=[{"home": None}, {"home": {"street": ""}}, {"home": []}, {"home": {"number": "x"}}],
    outputs=[
        {"home": HOME, "work": None, "given": HOME},
        {"home": {"street": "x"}, "work": HOME, "given": {"street": "y"}, "other": HOME},
    ],
)
class Person(serializers.Serializer):
    home = Address()
    work = Address(allow_null=True, required=False)
    given = Address(default=lambda: {"street": "x"})
    other = Address(required=False)


@zoo(
    base={"homes": [HOME]},
    ok={
        "homes": [[], [HOME, {"street": "y"}]],
        "null": [None, [], [HOME]],
        "some": [[HOME]],
        "sized": [[HOME], [HOME, HOME]],
        "by_name": [{}, {"a": HOME}],
        "listed": [[], [HOME]],
        "null_items": [[None], [HOME, None]],
    },
    bad={
        "homes": [MISSING, None, HOME, [{}], [None], ["x"], [{"street": ""}]],
        "null": ["x", [{}]],
        "some": [[], None],
        "sized": [[], [HOME, HOME, HOME]],
        "by_name": [[], {"a": {}}, {"a": None}],
        "listed": [[{}], {}, [None]],
        "null_items": [[{}], None],
    },
    patch=False,
    patch_ok=[{}, {"homes": []}, {"null": None}, {"homes": [{"street": "x"}]}],
    patch_bad=[{"homes": None}, {"homes": "x"}, {"some": []}],
    outputs=[
        {
            "homes": [HOME],
            "null": None,
            "some": [],
            "sized": [],
            "by_name": {"a": HOME},
            "listed": [],
            "null_items": [],
        },
        {
            "homes": [],
            "null": [],
            "some": [HOME],
            "sized": [HOME] * 5,
            "by_name": {},
            "listed": [HOME],
            "null_items": [],
        },
    ],
)
class People(serializers.Serializer):
    homes = Address(many=True)
    null = Address(many=True, allow_null=True, required=False)
    some = Address(many=True, allow_empty=False, required=False)
    sized = Address(many=True, min_length=1, max_length=2, required=False)
    by_name = serializers.DictField(child=Address(), required=False)
    listed = serializers.ListField(child=Address(), required=False)
    null_items = serializers.ListField(child=Address(allow_null=True), required=False)


@zoo(
    base={"a": {"b": {"c": {"street": "x"}}}},
    ok={"a": [{"b": {"c": HOME}}]},
    bad={"a": [{}, {"b": {}}, {"b": {"c": {}}}, {"b": {"c": None}}, {"b": None}, None, MISSING, []]},
    patch=False,
    patch_ok=[{}, {"a": {}}, {"a": {"b": {}}}, {"a": {"b": {"c": {}}}}, {"a": {"b": {"c": {"number": 1}}}}],
    patch_bad=[{"a": {"b": {"c": {"number": "x"}}}}, {"a": {"b": []}}],
    outputs=[{"a": {"b": {"c": HOME}}}],
)
class Deep(serializers.Serializer):
    class A(serializers.Serializer):
        """First level."""

        class B(serializers.Serializer):
            """Second level."""

            c = Address()

        b = B()

    a = A()


@zoo(
    base={"street": "x", "name": "y"},
    ok={"street": ["z"], "name": ["w"]},
    bad={"street": [MISSING, None, ""], "name": [MISSING, None, ""]},
    patch=False,
    patch_ok=[{}, {"name": "x"}],
    outputs=[{"street": "x", "name": "y", "number": 5}],
)
class FlatBySubclass(Address):
    name = serializers.CharField()
    number = None


@zoo(
    base={"name": "x", "where": HOME},
    ok={"name": ["y"], "where": [{"street": "z"}]},
    bad={"name": [MISSING, None, ""], "where": [MISSING, None, [], {}, {"street": None}]},
    patch=False,
    patch_ok=[{}, {"name": "x"}, {"where": {}}],
    outputs=[{"name": "x", "street": "y", "number": 1}],
)
class StarSource(serializers.Serializer):
    name = serializers.CharField()
    where = Address(source="*")


class Inner(serializers.Serializer):
    """Read with dotted sources."""

    first = serializers.CharField(source="person.name")
    last = serializers.CharField(source="person.family.name", allow_blank=True)


@zoo(
    base={"first": "x", "last": ""},
    ok={"last": ["y"], "age": [5, None], "deep": ["x"]},
    bad={"first": [MISSING, None, ""], "last": [None, MISSING], "age": ["x"], "deep": [None, ""]},
    outputs=[
        {"person": {"name": "x", "family": {"name": "y"}, "age": 3}, "a": {"b": {"c": "d"}}},
        {"person": {"name": "x", "family": {"name": ""}, "age": None}, "a": {"b": {"c": "d"}}},
        {"person": {"name": "x", "family": {"name": ""}}, "a": {}},
    ],
)
class DottedSources(Inner):
    age = serializers.IntegerField(source="person.age", allow_null=True, required=False)
    deep = serializers.CharField(source="a.b.c", required=False)


class Node(serializers.Serializer):
    """A tree without end."""

    label = serializers.CharField(max_length=5)

    def get_fields(self):
        """The children are of the same kind."""
        fields = super().get_fields()
        fields["children"] = Node(many=True, required=False)
        fields["parent"] = Node(required=False, allow_null=True)
        return fields


zoo(
    base={"label": "a"},
    ok={
        "children": [[], [{"label": "b"}], [{"label": "b", "children": [{"label": "c"}]}]],
        "parent": [None, {"label": "p"}, {"label": "p", "parent": {"label": "q", "parent": None}}],
    },
    bad={"label": [MISSING, "", None, "abcdef"], "children": [None, "x", ["x"]], "parent": [[]]},
    hidden={"children": [[{}], [{"label": "toolong"}]], "parent": [{}]},
    silent="children parent",
    patch=False,
    patch_ok=[{}, {"children": []}],
    outputs=[
        {"label": "a", "children": [{"label": "b", "children": [{"label": "c", "children": [], "parent": None}]}]},
        {"label": "a", "children": [], "parent": {"label": "b"}},
    ],
)(Node)


class Branch(serializers.Serializer):
    """Half of a pair that refers to itself."""

    name = serializers.CharField()

    def get_fields(self):
        """Leaves, which have branches."""
        return super().get_fields() | {"leaves": Leaf(many=True, required=False)}


class Leaf(serializers.Serializer):
    """The other half."""

    size = serializers.IntegerField()

    def get_fields(self):
        """A branch."""
        return super().get_fields() | {"branch": Branch(required=False)}


zoo(
    base={"name": "a"},
    ok={"leaves": [[], [{"size": 1}], [{"size": 1, "branch": {"name": "b", "leaves": [{"size": 2}]}}]]},
    bad={"leaves": [["x"], [{}], None, [{"size": "x"}]], "name": ["", None, MISSING]},
    silent="leaves.*.branch",
    patch=False,
    patch_ok=[{}, {"leaves": [{}]}, {"leaves": [{"branch": {}}]}],
    outputs=[
        {"name": "a", "leaves": [{"size": 1, "branch": {"name": "b", "leaves": []}}]},
        {"name": "b", "leaves": []},
    ],
)(Branch)


class TreeNode(serializers.ModelSerializer):
    """A model that contains itself, for reading."""

    children = serializers.SerializerMethodField()

    class Meta:
        model = models.Tree
        fields = ["id", "label", "children"]

    def get_children(self, tree):
        """The same, once more."""
        return TreeNode(tree.children.all(), many=True, context=self.context).data


zoo(
    base={"label": "x"},
    ok={"label": ["y" * 20]},
    bad={"label": ["y" * 21, "", None, MISSING, []]},
    outputs=lambda: list(models.Tree.objects.all()),
)(TreeNode)


class KeeperPart(serializers.ModelSerializer):
    """A nested model."""

    class Meta:
        model = models.Keeper
        fields = ["id", "name", "email"]
        extra_kwargs = {"email": {"validators": []}}


class EnclosurePart(serializers.ModelSerializer):
    """A nested model with a key that may be sent."""

    class Meta:
        model = models.Enclosure
        fields = ["id", "title"]


@zoo(
    base={"name": "Rex", "species": "lion", "keepers": [{"name": "A", "email": "a@b.co"}]},
    ok={
        "keepers": [[], [{"name": "x" * 50, "email": "a@b.co"}]],
        "enclosure": [None, {"title": "x"}],
        "name": ["x" * 40],
    },
    bad={
        "keepers": [[{}], [{"name": "A"}], None, [1], MISSING, [{"name": "A", "email": "x"}]],
        "enclosure": [{}, {"title": ""}, str(DEN)],
        "name": ["", None],
    },
    patch=False,
    patch_ok=[{}, {"enclosure": None}, {"enclosure": {}}, {"keepers": []}],
    patch_bad=[{"keepers": None}, {"enclosure": {"title": ""}}],
    outputs=lambda: list(models.Animal.objects.all()),
)
class NestedModels(serializers.ModelSerializer):
    keepers = KeeperPart(many=True)
    enclosure = EnclosurePart(allow_null=True, required=False)

    class Meta:
        model = models.Animal
        fields = ["id", "name", "species", "keepers", "enclosure"]


class PassportPart(serializers.ModelSerializer):
    """Behind a one-to-one relation that may be missing."""

    class Meta:
        model = models.Passport
        fields = ["number"]


@zoo(
    base={"name": "Rex"},
    ok={"name": ["x"]},
    bad={"name": ["", None, MISSING]},
    outputs=lambda: list(models.Animal.objects.all()),
)
class NestedReadOnly(serializers.ModelSerializer):
    passport = PassportPart(read_only=True)
    enclosure = EnclosurePart(read_only=True)
    keepers = KeeperPart(many=True, read_only=True)
    first_keeper = KeeperPart(source="keepers.first", read_only=True)

    class Meta:
        model = models.Animal
        fields = ["name", "passport", "enclosure", "keepers", "first_keeper"]


@zoo(
    base={"write": HOME},
    ok={"write": [{"street": "y"}], "hours": [{"day": "2024-05-01"}, {"day": None}]},
    bad={"write": [None, [], {}, MISSING], "hours": [{}, {"day": "x"}, None]},
    patch=False,
    patch_ok=[{}],
    outputs=[{"read": HOME, "hours": {"day": dt.date(2024, 5, 1)}}, {"read": HOME, "hours": {"day": None}}],
)
class ReadAndWriteParts(serializers.Serializer):
    class Hours(serializers.Serializer):
        """A part with a nullable date."""

        day = serializers.DateField(allow_null=True)

    read = Address(read_only=True)
    write = Address(write_only=True)
    hours = Hours(required=False)


@zoo(
    base=[HOME],
    many=True,
    whole_ok=[[], [HOME, HOME], [{"street": "x"}]],
    whole_bad=[[{}], [{"street": ""}], ["x"], [None], [{"street": "x", "number": "y"}]],
    patch=False,
    outputs=[[], [HOME], [HOME, {"street": "x"}]],
)
@zoo(
    base=[HOME],
    many=True,
    options={"allow_empty": False, "max_length": 2},
    whole_ok=[[HOME, HOME]],
    whole_bad=[[], [HOME, HOME, HOME], [{}], [5]],
    patch=False,
    outputs=[[HOME]],
)
class BulkAddress(Address):
    pass


class BulkList(serializers.ListSerializer):
    """A list with a rule of its own."""

    def validate(self, attrs):
        """No street twice."""
        streets = [attr.get("street") for attr in attrs]
        if len(set(streets)) < len(streets):
            raise serializers.ValidationError("Twice.")
        return attrs


@zoo(
    base=[HOME],
    many=True,
    whole_ok=[[], [HOME, {"street": "Oak"}]],
    whole_bad=[[{}], ["x"], [{"street": "x" * 11}]],
    whole_hidden=[[HOME, HOME]],
    patch=False,
    outputs=[[HOME, HOME]],
)
class OwnBulk(Address):
    class Meta:
        list_serializer_class = BulkList


@zoo(
    base=[{"title": "x"}],
    many=True,
    whole_ok=[[], [{"title": "a"}, {"title": "b"}]],
    whole_bad=[[{"title": ""}], [{}], [1], [None]],
    patch=False,
    patch_ok=[[]],
    outputs=lambda: [list(models.Enclosure.objects.all()), models.Enclosure.objects.none()],
)
class BulkModels(serializers.ModelSerializer):
    class Meta:
        model = models.Enclosure
        fields = ["id", "title"]
