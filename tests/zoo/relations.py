"""Relations of each kind."""

from __future__ import annotations

from rest_framework import serializers

from . import models
from .case import MISSING, zoo
from .world import DEN, NOWHERE, POND, reach

HOST = "http://testserver"


def leo():
    """The animal that has everything, then the one that has nothing."""
    return list(models.Animal.objects.order_by("pk"))


@zoo(
    base={"species": "lion", "enclosure": str(DEN), "keepers": [1], "tags": []},
    ok={
        "species": ["newt"],
        "enclosure": [None, str(POND), POND.hex],
        "keepers": [[], [1, 2]],
        "tags": [[1], [1, 1]],
        "loose": [None, 1, 2],
    },
    bad={
        "species": [MISSING, None, [], {}],
        "enclosure": ["x", [], {}, 1.5],
        "keepers": [["x"], 1, None, "1", [None], [[1]], [True], MISSING],
        "tags": [["x"], None],
        "loose": ["x", True, [], {}],
    },
    hidden={"species": ["tiger", ""], "enclosure": [str(NOWHERE)], "keepers": [[99]], "tags": [[2]], "loose": [99]},
    outputs=leo,
)
class Keys(serializers.Serializer):
    species = serializers.PrimaryKeyRelatedField(queryset=models.Species.objects.all())
    enclosure = serializers.PrimaryKeyRelatedField(queryset=models.Enclosure.objects.all(), allow_null=True)
    keepers = serializers.PrimaryKeyRelatedField(queryset=models.Keeper.objects.all(), many=True)
    tags = serializers.PrimaryKeyRelatedField(queryset=models.Tag.objects.filter(active=True), many=True)
    loose = serializers.PrimaryKeyRelatedField(
        queryset=models.Keeper.objects.all(), allow_null=True, required=False, write_only=True
    )


@zoo(
    base={"keepers": [1]},
    ok={"keepers": [[1, 2]], "null": [[], [1]]},
    bad={"keepers": [[], None, MISSING], "null": ["x", [None], None]},
    outputs=lambda: leo()[:1],
)
class ManyKeys(serializers.Serializer):
    keepers = serializers.PrimaryKeyRelatedField(queryset=models.Keeper.objects.all(), many=True, allow_empty=False)
    null = serializers.PrimaryKeyRelatedField(
        queryset=models.Keeper.objects.all(), many=True, allow_null=True, required=False, write_only=True
    )


@zoo(
    base={"enclosure": str(DEN)},
    ok={"enclosure": [str(POND), DEN.hex], "number": [1, 2], "text": ["newt"]},
    bad={"enclosure": ["x", "", None, [], {}], "number": ["x", None, [], 1.5], "text": ["", None, []]},
    hidden={"enclosure": [str(NOWHERE)], "number": [77], "text": ["tiger"]},
    outputs=lambda: [
        {"enclosure": models.Enclosure(pk=DEN), "number": models.Keeper(1), "text": models.Species("lion")}
    ],
)
class KeyFields(serializers.Serializer):
    enclosure = serializers.PrimaryKeyRelatedField(
        queryset=models.Enclosure.objects.all(), pk_field=serializers.UUIDField(format="hex_verbose")
    )
    number = serializers.PrimaryKeyRelatedField(
        queryset=models.Keeper.objects.all(), pk_field=serializers.IntegerField(), required=False
    )
    text = serializers.PrimaryKeyRelatedField(
        queryset=models.Species.objects.all(), pk_field=serializers.SlugField(), required=False
    )


@zoo(
    base={"enclosure": DEN.hex},
    ok={"enclosure": [POND.hex, str(POND)]},
    bad={"enclosure": ["x", "", None, MISSING, []]},
    outputs=lambda: [models.Animal.objects.get(pk=1)],
)
class HexKeys(serializers.Serializer):
    enclosure = serializers.PrimaryKeyRelatedField(
        queryset=models.Enclosure.objects.all(), pk_field=serializers.UUIDField(format="hex")
    )


@zoo(
    base={"keeper": "ann@zoo.test", "tag": "loud"},
    ok={
        "keeper": ["bob@zoo.test"],
        "tag": ["shy"],
        "tags": [[], ["loud"], ["loud", "shy"]],
        "legs": [4, 2],
        "title": [None, "Den"],
    },
    bad={
        "keeper": [None, MISSING, [], {}],
        "tag": [None, [], {}],
        "tags": [None, "loud", [None], [[]]],
        "legs": ["x", None, [], {}],
        "title": [[], {}],
    },
    hidden={"keeper": ["eve@zoo.test"], "tag": ["dull"], "tags": [["dull"]], "legs": [3], "title": ["Cave"]},
    opaque="keeper tag tags title",
    outputs=lambda: [
        {
            "keeper": models.Keeper.objects.get(pk=1),
            "tag": models.Tag.objects.get(pk=1),
            "tags": models.Tag.objects.all(),
            "legs": models.Animal.objects.get(pk=1),
            "title": None,
        }
    ],
)
class Slugs(serializers.Serializer):
    keeper = serializers.SlugRelatedField(slug_field="email", queryset=models.Keeper.objects.all())
    tag = serializers.SlugRelatedField(slug_field="name", queryset=models.Tag.objects.all())
    tags = serializers.SlugRelatedField(slug_field="name", queryset=models.Tag.objects.all(), many=True, required=False)
    legs = serializers.SlugRelatedField(slug_field="legs", queryset=models.Animal.objects.all(), required=False)
    title = serializers.SlugRelatedField(
        slug_field="title", queryset=models.Enclosure.objects.all(), allow_null=True, required=False
    )


@zoo(
    base={"passport": "P1"},
    ok={"passport": ["P1"], "species": ["Leo", "Nix"], "weight": ["190.50"], "born": ["2020-02-29"]},
    bad={"passport": [None, [], MISSING], "species": [None, {}], "weight": [[], None], "born": [[], "x"]},
    hidden={"passport": ["P9"], "species": ["Rex"], "weight": ["1.00"], "born": ["1999-01-01"]},
    opaque="passport species weight born",
    outputs=lambda: [
        {
            "passport": models.Passport.objects.get(),
            "species": models.Animal.objects.get(pk=1),
            "weight": models.Animal.objects.get(pk=1),
            "born": models.Animal.objects.get(pk=1),
        },
        {
            "passport": models.Passport.objects.get(),
            "species": models.Animal.objects.get(pk=2),
            "weight": models.Animal.objects.get(pk=2),
            "born": models.Animal.objects.get(pk=2),
        },
    ],
)
class DeepSlugs(serializers.Serializer):
    passport = serializers.SlugRelatedField(slug_field="number", queryset=models.Passport.objects.all())
    species = serializers.SlugRelatedField(slug_field="name", queryset=models.Animal.objects.all(), required=False)
    weight = serializers.SlugRelatedField(slug_field="weight", queryset=models.Animal.objects.all(), required=False)
    born = serializers.SlugRelatedField(slug_field="born", queryset=models.Animal.objects.all(), required=False)


@zoo(
    base={"species": f"{HOST}/species/lion/", "keepers": [f"{HOST}/keepers/1/"]},
    ok={
        "species": ["/species/newt/", "https://elsewhere.example/species/newt/"],
        "enclosure": [None, f"{HOST}/enclosures/{DEN}/"],
        "keepers": [[], ["/keepers/1/", "/keepers/2/"]],
        "tag": ["/tags/loud/"],
    },
    bad={
        "species": [None, MISSING, 1, [], {}, True],
        "enclosure": [1, [], {}],
        "keepers": [None, "/keepers/1/", [1], [None]],
        "tag": [None, 1],
    },
    hidden={
        "species": ["/species/tiger/", "/keepers/1/", "lion", ""],
        "enclosure": [f"/enclosures/{NOWHERE}/"],
        "keepers": [["/keepers/9/"], ["1"]],
        "tag": ["/tags/dull/"],
    },
    outputs=lambda: [
        {
            "species": animal.species,
            "enclosure": animal.enclosure,
            "keepers": animal.keepers.all(),
            "tag": models.Tag.objects.get(pk=1),
        }
        for animal in leo()
    ],
)
class Links(serializers.Serializer):
    species = serializers.HyperlinkedRelatedField(
        view_name="species-detail", lookup_field="slug", queryset=models.Species.objects.all()
    )
    enclosure = serializers.HyperlinkedRelatedField(
        view_name="enclosure-detail", queryset=models.Enclosure.objects.all(), allow_null=True, required=False
    )
    keepers = serializers.HyperlinkedRelatedField(
        view_name="keeper-detail", queryset=models.Keeper.objects.all(), many=True
    )
    tag = serializers.HyperlinkedRelatedField(
        view_name="tag-detail", lookup_field="name", queryset=models.Tag.objects.all(), required=False
    )


@zoo(
    base={"name": "x"},
    ok={"name": ["y"]},
    bad={"name": [None, MISSING, ""]},
    outputs=leo,
)
class ReadOnlyRelations(serializers.Serializer):
    name = serializers.CharField()
    url = serializers.HyperlinkedIdentityField(view_name="animal-detail")
    notes_url = serializers.HyperlinkedIdentityField(view_name="animal-notes")
    species = serializers.StringRelatedField()
    keepers = serializers.StringRelatedField(many=True, read_only=True)
    enclosure = serializers.PrimaryKeyRelatedField(read_only=True)
    tags = serializers.PrimaryKeyRelatedField(many=True, read_only=True)
    tag_names = serializers.SlugRelatedField(slug_field="name", source="tags", many=True, read_only=True)
    home = serializers.SlugRelatedField(slug_field="title", source="enclosure", read_only=True)
    keeper_links = serializers.HyperlinkedRelatedField(
        view_name="keeper-detail", source="keepers", many=True, read_only=True
    )
    enclosure_link = serializers.HyperlinkedRelatedField(
        view_name="enclosure-detail", source="enclosure", read_only=True
    )


class OwnKeepers(serializers.PrimaryKeyRelatedField):
    """Rows that depend on who asks."""

    def get_queryset(self):
        """Only Bob, once there is a request."""
        return models.Keeper.objects.filter(name="Bob" if self.context.get("request") else "Nobody")


@zoo(
    base={"keeper": 2},
    ok={"keeper": [2], "keepers": [[], [2]]},
    bad={"keeper": ["x", None, MISSING, [], {}], "keepers": [["x"], None]},
    hidden={"keeper": [1], "keepers": [[1]]},
    outputs=lambda: [{"keeper": models.Keeper.objects.get(pk=2), "keepers": []}],
)
class LimitedKeys(serializers.Serializer):
    keeper = OwnKeepers()
    keepers = OwnKeepers(many=True, required=False)


class KeeperByObject(serializers.RelatedField):
    """Takes a key, a name or an object of attributes; prints an object."""

    queryset = models.Keeper.objects.all()

    def to_internal_value(self, data):
        """Find the keeper any way that works."""
        if isinstance(data, dict):
            return self.get_queryset().get(**data)
        return self.get_queryset().get(**{"pk" if isinstance(data, int) else "name": data})

    def to_representation(self, value):
        """An object."""
        return {"id": value.pk, "name": value.name}


@zoo(
    base={"keeper": 1},
    ok={"keeper": ["Ann", {"email": "bob@zoo.test"}, 2], "keepers": [[1, "Bob"], []]},
    bad={"keeper": [MISSING], "keepers": [None]},
    hidden={"keeper": [None], "keepers": [5]},
    mutate=False,
    outputs=lambda: [{"keeper": models.Keeper.objects.get(pk=2), "keepers": models.Keeper.objects.all()}],
)
class OwnRelation(serializers.Serializer):
    keeper = KeeperByObject()
    keepers = KeeperByObject(many=True, required=False)


@zoo(
    base={"passport": 1, "country": "KE"},
    ok={"passport": [1], "enclosure": [None, str(POND)], "country": ["DE"]},
    bad={
        "passport": ["x", None, MISSING, [], {}],
        "enclosure": ["x", []],
        "country": ["de", "DEU", "D", "", None, MISSING],
    },
    hidden={"passport": [2], "enclosure": [str(DEN), str(NOWHERE)]},
    outputs=lambda: list(models.Stamp.objects.all()),
)
class StampSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Stamp
        fields = "__all__"


@zoo(
    base={"animal": 2, "number": "P2"},
    ok={"animal": [2], "number": ["x" * 12]},
    bad={"animal": [None, "x", MISSING, []], "number": ["x" * 13, "", None]},
    hidden={"animal": [1, 99], "number": ["P1"]},
    outputs=lambda: list(models.Passport.objects.all()),
)
class PassportSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Passport
        fields = ["animal", "number"]


@zoo(
    base={"keeper": "ann@zoo.test", "level": 1},
    ok={"keeper": ["bob@zoo.test"], "level": [0, reach("PositiveSmallIntegerField")[1]]},
    bad={
        "keeper": [None, [], {}, MISSING],
        "level": [-1, reach("PositiveSmallIntegerField")[1] + 1, "x", None, 1.5, MISSING],
    },
    hidden={"keeper": ["eve@zoo.test", ""]},
    opaque="keeper",
    outputs=lambda: [models.Badge.objects.create(keeper_id="ann@zoo.test", level=3)],
)
class BadgeSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Badge
        fields = "__all__"


@zoo(
    base={"name": "Rex", "species": "lion", "keepers": [1]},
    ok={
        "name": ["x" * 40],
        "species": ["newt"],
        "enclosure": [None, str(DEN)],
        "keepers": [[1, 2]],
        "tags": [[], [1, 2]],
        "born": [None, "2024-05-01"],
        "weight": [None, "9999.99", 5],
        "legs": [0, reach("PositiveSmallIntegerField")[1], MISSING],
    },
    bad={
        "name": ["x" * 41, "", None, MISSING],
        "species": [None, MISSING, []],
        "enclosure": ["x", []],
        "keepers": [[], ["x"], None, MISSING],
        "tags": [["x"], None],
        "born": ["", "x", "2024-05-01T00:00"],
        "weight": ["10000", "1.234", "x"],
        "legs": [-1, reach("PositiveSmallIntegerField")[1] + 1, None, "x"],
    },
    hidden={"species": ["tiger"], "enclosure": [str(NOWHERE)], "keepers": [[9]], "tags": [[9]]},
    outputs=leo,
)
class AnimalSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Animal
        fields = ["id", "name", "species", "enclosure", "keepers", "tags", "born", "weight", "legs"]


@zoo(
    base={"name": "Rex", "species": f"{HOST}/species/lion/", "keepers": [f"{HOST}/keepers/1/"]},
    ok={"enclosure": [None, f"/enclosures/{DEN}/"], "keepers": [["/keepers/2/"]]},
    bad={"species": [None, 1, MISSING], "keepers": [[], [1], None], "enclosure": [1, []]},
    hidden={"species": ["x", "/species/tiger/"]},
    outputs=leo,
)
class LinkedAnimalSerializer(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = models.Animal
        fields = ["url", "name", "species", "enclosure", "keepers"]
        extra_kwargs = {
            "url": {"view_name": "animal-detail"},
            "species": {"view_name": "species-detail", "lookup_field": "slug"},
        }


@zoo(
    base={"keepers": [1]},
    ok={"keepers": [[2]]},
    bad={"keepers": [[], None, ["x"], MISSING]},
    outputs=leo,
)
class AnimalReadSerializer(serializers.ModelSerializer):
    passport = serializers.PrimaryKeyRelatedField(read_only=True)
    passport_number = serializers.CharField(source="passport.number", read_only=True)
    home = serializers.CharField(source="enclosure.title", read_only=True)
    home_or = serializers.CharField(source="enclosure.title", read_only=True, default="nowhere")
    latin = serializers.CharField(source="species.latin", read_only=True)

    class Meta:
        model = models.Animal
        fields = [
            "id", "passport", "passport_number", "home", "home_or", "latin", "keepers",
            "loud_name", "age", "mystery", "tag_count",
        ]  # fmt: skip


@zoo(
    base={"animal": 1},
    ok={"keeper": [None, 1], "friends": [[], [1]], "length": [None, "00:10:00"], "animal": [1]},
    bad={"animal": [None, "x", MISSING], "keeper": ["x", []], "friends": [["x"], None], "length": ["x"]},
    hidden={"animal": [99], "keeper": [99]},
    outputs=lambda: list(models.Visit.objects.all()),
)
class VisitSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Visit
        fields = "__all__"


@zoo(
    base={"label": "x"},
    ok={"parent": [None, 1], "label": ["y" * 20]},
    bad={"parent": ["x", [], {}], "label": ["y" * 21, "", None, MISSING]},
    hidden={"parent": [99]},
    outputs=lambda: list(models.Tree.objects.all()),
)
class TreeSerializer(serializers.ModelSerializer):
    children = serializers.PrimaryKeyRelatedField(many=True, read_only=True)
    grandparent = serializers.CharField(source="parent.parent.label", read_only=True)

    class Meta:
        model = models.Tree
        fields = ["id", "label", "parent", "children", "grandparent"]
