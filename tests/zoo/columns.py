"""Model serializers: each column, and each option of ``Meta``."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid

from django.contrib.contenttypes.models import ContentType
from rest_framework import serializers

from . import models
from .case import MISSING, Upload, zoo
from .world import DEN, NOWHERE, POND, beyond, reach

UUID = "0b1e6f0a-7c54-4d0e-9d6e-2f3a4b5c6d7e"
EVERYTHING = {
    "char": "a",
    "text": "a\nb",
    "slug": "a-b",
    "unicode_slug": "ä",
    "email": "a@b.co",
    "url": "https://example.com/",
    "uuid": UUID,
    "boolean": True,
    "integer": 1,
    "small": 1,
    "big": 1,
    "positive": 1,
    "positive_small": 1,
    "positive_big": 1,
    "float": 0.5,
    "decimal": "1.50",
    "date": "2024-05-01",
    "datetime": "2024-05-01T10:30:00Z",
    "time": "10:30:00",
    "duration": "1 02:03:04",
    "ip": "::1",
    "ipv4": "10.0.0.1",
    "ipv6": "::1",
    "json": {"a": [1]},
    "codes": "1,2,3",
}


def everything():
    """One row with all of it."""
    return [
        models.Everything.objects.create(
            **EVERYTHING
            | {
                "uuid": uuid.UUID(UUID),
                "decimal": decimal.Decimal("1.50"),
                "date": dt.date(2024, 5, 1),
                "datetime": dt.datetime(2024, 5, 1, 10, 30, tzinfo=dt.UTC),
                "time": dt.time(10, 30),
                "duration": dt.timedelta(days=1, seconds=5),
            }
        )
    ]


@zoo(
    base=EVERYTHING,
    ok={
        "char": ["x" * 10],
        "slug": ["A_1", "x" * 20],
        "unicode_slug": ["größe"],
        "uuid": [UUID.replace("-", "")],
        "boolean": [False],
        "integer": [*reach("IntegerField"), 0],
        "small": [*reach("SmallIntegerField")],
        "big": [-(2**63), 2**63 - 1],
        "positive": [*reach("PositiveIntegerField")],
        "positive_small": [*reach("PositiveSmallIntegerField")],
        "positive_big": [*reach("PositiveBigIntegerField")],
        "float": [1, -1e10],
        "decimal": ["999.99", 1.5, 0],
        "datetime": ["2024-05-01T10:30", "2024-05-01T10:30:00+02:00"],
        "time": ["10:30"],
        "duration": ["00:00:01", "P1DT1H"],
        "ip": ["10.0.0.1"],
        "json": [[], "x", 1, True],
        "codes": ["1", "1,2"],
    },
    bad={
        "char": ["x" * 11, "", None, MISSING],
        "text": ["", None, MISSING],
        "slug": ["a b", "x" * 21, ""],
        "unicode_slug": ["a b", "ä" * 21],
        "email": ["x", "", None],
        "url": ["x", "", None],
        "uuid": ["x", "", None, MISSING],
        "boolean": [None, "x", MISSING],
        "integer": [*beyond("IntegerField"), "x", None, 1.5],
        "small": [*beyond("SmallIntegerField")],
        "big": [2**63, -(2**63) - 1],
        "positive": [*beyond("PositiveIntegerField")],
        "positive_small": [*beyond("PositiveSmallIntegerField")],
        "positive_big": [*beyond("PositiveBigIntegerField")],
        "float": ["x", None],
        "decimal": ["1000", "1.234", 1000, "x", None],
        "date": ["x", "", None],
        "datetime": ["x", "", None, "2024-05-01T"],
        "time": ["x", "", None],
        "duration": ["x", None],
        "ip": ["x", "", None],
        "ipv4": ["::1", ""],
        "ipv6": ["10.0.0.1", ""],
        "json": [None, MISSING],
        "codes": ["a", "1,,2", ","],
    },
    outputs=everything,
)
class EverythingSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Everything
        fields = "__all__"


@zoo(
    base={"null_char": None},
    ok={
        "char": [None, "", "x" * 10],
        "blank_char": ["", "x"],
        "null_char": ["x"],
        "text": ["", "x"],
        "slug": ["", "a-b"],
        "email": ["", None, "a@b.co"],
        "url": ["", "https://example.com"],
        "uuid": [None, UUID],
        "boolean": [None, True, False],
        "integer": [None, 5],
        "big": [None, 2**40],
        "float": [None, 1],
        "decimal": [None, "1.234", 1],
        "date": [None, "2024-05-01"],
        "datetime": [None, "2024-05-01T10:30:00"],
        "time": [None, "10:30"],
        "duration": [None, "00:01:00"],
        "ip": [None, "::1"],
        "json": [None, {}, []],
    },
    bad={
        "char": ["x" * 11, []],
        "blank_char": [None, "x" * 11],
        "null_char": ["", "x" * 11],
        "text": [None, {}],
        "slug": [None, "a b"],
        "email": ["x"],
        "url": [None, "x"],
        "uuid": ["x", ""],
        "boolean": ["x"],
        "integer": ["x", *beyond("IntegerField")],
        "big": [2**63],
        "float": ["x"],
        "decimal": ["x", "1.2345", 100000],
        "date": ["x", ""],
        "datetime": ["x", ""],
        "time": ["x", ""],
        "duration": ["x"],
        "ip": ["x", ""],
    },
    outputs=lambda: [models.Nothing.objects.create(), models.Nothing.objects.create(json={}, char="", ip="::1")],
)
class NothingSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Nothing
        fields = "__all__"


@zoo(
    base={},
    outputs=lambda: [models.Nothing.objects.create(), *models.Nothing.objects.all()],
)
class NothingReadOnly(serializers.ModelSerializer):
    class Meta:
        model = models.Nothing
        fields = "__all__"
        read_only_fields = [field.name for field in models.Nothing._meta.fields]


@zoo(
    base={},
    ok={},
    outputs=lambda: [models.Nothing.objects.create()],
)
class DeclaredReadOnly(serializers.ModelSerializer):
    date = serializers.DateField(read_only=True)
    char = serializers.CharField(read_only=True)
    number = serializers.IntegerField(source="integer", read_only=True)
    price = serializers.DecimalField(source="decimal", max_digits=8, decimal_places=3, read_only=True)
    stamp = serializers.ReadOnlyField(source="datetime")
    bag = serializers.ReadOnlyField(source="json")

    class Meta:
        model = models.Nothing
        fields = ["date", "char", "number", "price", "stamp", "bag"]


@zoo(
    base={},
    ok={
        "name": [MISSING, "x"],
        "token": [UUID],
        "count": [0, MISSING],
        "price": ["1.00", 1, 9.99],
        "wait": ["00:01:00"],
        "settings": [{}, [], {"a": 1}],
        "on": [True, False],
        "day": ["2024-05-01"],
    },
    bad={
        "name": [None, "", "x" * 11],
        "token": [None, "x"],
        "count": [None, "x", *beyond("IntegerField")],
        "price": [None, "1000"],
        "wait": [None, "x"],
        "settings": [None],
        "on": [None, "x"],
        "day": [None, "x"],
    },
    outputs=lambda: [models.Defaults.objects.create()],
)
class DefaultsSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Defaults
        fields = "__all__"


@zoo(
    base={"size": "s", "danger": 1, "grouped": "cat", "nullable": None},
    ok={
        "size": ["l"],
        "danger": [0, 2],
        "grouped": ["dog", "none"],
        "blank": ["", "s"],
        "nullable": ["s"],
        "null_blank": [None, "", "l"],
        "null_int": [None, 1, 2],
        "dec": [None],
        "day": [None],
        "default": ["l", MISSING],
    },
    bad={
        "size": ["x", "", None, MISSING, "Small"],
        "danger": [3, "x", None, MISSING],
        "grouped": ["Land", "", None],
        "blank": [None, "x"],
        "nullable": ["x", ""],
        "null_blank": ["x"],
        "null_int": [3, "x"],
        "default": ["x", None, ""],
    },
    outputs=lambda: [
        models.Choosy.objects.create(size="s", danger=1, grouped="cat"),
        models.Choosy.objects.create(size="q", danger=77, grouped="old", null_int=9, null_blank="", blank=""),
    ],
)
class ChoosySerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Choosy
        fields = "__all__"


CHECKED = {
    "percent": 50,
    "late": 5,
    "ratio": 1,
    "price": "5.00",
    "code": "abc",
    "two": "abz",
    "not_admin": "user",
    "step": 10,
    "ascii_slug": "a-b",
}


@zoo(
    base=CHECKED,
    ok={
        "percent": [0, 100],
        "late": [0, 99],
        "ratio": [0.5, 1.5],
        "price": [1, "1", "9999.99"],
        "code": ["abcdefgh"],
        "two": ["az"],
        "step": [0, -5],
        "not_admin": ["adm"],
    },
    bad={
        "percent": [-1, 101, None, "x"],
        "late": [-1, 100],
        "ratio": [0.4, 1.6, "x"],
        "price": [0, 10000, "x"],
        "code": ["ab", "abcdefghi", "ABC", "ab1", ""],
        "two": ["a", "z", "za", ""],
        "step": [1, 7],
        "ascii_slug": ["a b", "", None],
    },
    hidden={"not_admin": ["admin", "sysadmins"], "price": ["0.99"]},
    opaque="not_admin",
    outputs=lambda: [
        models.Checked.objects.create(**CHECKED),
        models.Checked.objects.create(**CHECKED | {"percent": 900, "code": ""}),
    ],
)
class CheckedSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Checked
        fields = "__all__"


@zoo(
    base={"enclosure": str(DEN), "day": "2024-06-01", "name": "x"},
    ok={"seat": [5, MISSING], "day": ["2025-01-01"], "enclosure": [str(POND)]},
    bad={
        "enclosure": ["x", None, MISSING],
        "day": ["x", None, MISSING],
        "seat": ["x", None],
        "name": ["", None, MISSING],
    },
    hidden={"enclosure": [str(NOWHERE)]},
    whole_hidden=[
        {"enclosure": str(DEN), "day": "2024-05-01", "seat": 1, "name": "x"},
        {"enclosure": str(POND), "day": "2024-05-01", "name": "Zed"},
    ],
    instance=lambda: models.Booking.objects.get(pk=1),
    outputs=lambda: list(models.Booking.objects.all()),
)
class BookingSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Booking
        fields = "__all__"


def notes():
    """A note about an animal and one about nothing."""
    kind = ContentType.objects.get_for_model(models.Animal)
    return [
        models.Note.objects.create(content_type=kind, object_id=1, text="x"),
        models.Note.objects.create(content_type=kind, object_id=999, text="y"),
    ]


@zoo(
    base={"object_id": 1, "text": "x"},
    ok={"object_id": [*reach("PositiveIntegerField")], "text": ["y" * 200]},
    bad={"object_id": ["x", None, MISSING, *beyond("PositiveIntegerField")], "text": ["", None, MISSING, []]},
    outputs=notes,
)
class NoteSerializer(serializers.ModelSerializer):
    target = serializers.StringRelatedField()
    target_name = serializers.CharField(source="target.name", read_only=True)

    class Meta:
        model = models.Note
        fields = ["id", "object_id", "text", "target", "target_name"]


@zoo(
    base={"text": "x"},
    ok={"text": ["a", "b" * 200]},
    bad={"text": ["", None, MISSING]},
    outputs=lambda: notes()[:1],
)
class NoteText(serializers.ModelSerializer):
    class Meta:
        model = models.Note
        fields = ["text"]


@zoo(
    base={"title": "x"},
    ok={"title": ["y"], "document": [None, Upload()]},
    bad={"title": [None, ""], "document": [5, [], {}, True]},
    outputs=lambda: [
        models.Holding.objects.create(title="x"),
        models.Holding.objects.create(title="y", document="zoo/a.txt"),
    ],
)
class HoldingSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Holding
        fields = ["id", "title", "document"]


@zoo(
    base={"file": Upload()},
    ok={"file": [Upload("b.bin", b"\x00\x01")], "empty": [Upload("e.txt", b"")], "null": [None, Upload()]},
    bad={"file": [None, 5, [], {}, True, MISSING], "empty": [None, 7]},
    hidden={"file": [Upload("empty.txt", b"")], "short": [Upload("far-too-long.txt")]},
    mutate=False,
    outputs=lambda: [
        {"file": models.Holding(document="zoo/a.txt").document, "empty": None, "null": None, "short": None},
    ],
)
class Files(serializers.Serializer):
    file = serializers.FileField()
    empty = serializers.FileField(allow_empty_file=True, required=False)
    null = serializers.FileField(allow_null=True, required=False)
    short = serializers.FileField(max_length=8, required=False, use_url=False)


@zoo(
    base={},
    ok={"picture": [None]},
    bad={"picture": [5, [], True]},
    mutate=False,
    outputs=lambda: [{"picture": models.Holding(document="zoo/a.png").document}, {"picture": None}],
)
class Picture(serializers.Serializer):
    picture = serializers.ImageField(allow_null=True, required=False)


@zoo(
    base={"upper": "ABC", "point": "1,2"},
    ok={"upper": ["x" * 6], "point": ["x"]},
    bad={"upper": ["x" * 7, "", None, MISSING], "point": [MISSING]},
    hidden={"point": [None]},
    silent="point",
    outputs=lambda: [models.Odd.objects.create(upper="A", point="1,2")],
)
class OddSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Odd
        fields = ["upper", "point"]


@zoo(
    base={"name": "Rex", "species": "lion", "keepers": [1], "weight": "1.00"},
    ok={"name": ["abc"], "weight": ["100", 50], "legs": [2, 8], "tags": [[1]], "enclosure": [str(DEN)]},
    bad={
        "name": ["ab", "x" * 11, None, ""],
        "weight": [None, MISSING, "x"],
        "legs": [9, 1, None],
        "enclosure": [None, "x"],
        "tags": [[], None],
    },
    outputs=lambda: [models.Animal.objects.get(pk=1)],
)
class ExtraKwargs(serializers.ModelSerializer):
    class Meta:
        model = models.Animal
        fields = ["name", "species", "keepers", "weight", "legs", "tags", "enclosure", "born"]
        read_only_fields = ["born"]
        extra_kwargs = {
            "name": {"min_length": 3, "max_length": 10, "help_text": "What it answers to."},
            "weight": {"required": True, "allow_null": False},
            "legs": {"min_value": 2, "max_value": 8},
            "enclosure": {"allow_null": False, "required": False},
            "tags": {"allow_empty": False, "required": False},
            "keepers": {"write_only": True},
        }


@zoo(
    base={"email": "new@zoo.test", "name": "New"},
    ok={"name": ["x" * 50], "email": ["other@zoo.test"]},
    bad={"email": ["x", "", None, MISSING, "a" * 250 + "@b.co"], "name": ["x" * 51, "", None]},
    hidden={"email": ["ann@zoo.test"]},
    outputs=lambda: list(models.Keeper.objects.all()),
)
class KeeperSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Keeper
        exclude = ["id"]


@zoo(
    base={"name": "x"},
    ok={"name": ["y" * 30], "active": [True, False, MISSING], "id": [MISSING]},
    bad={"name": ["y" * 31, "", None, MISSING], "active": [None, "x"]},
    hidden={"name": ["loud"]},
    outputs=lambda: list(models.Tag.objects.all()),
)
class TagSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Tag
        fields = "__all__"


@zoo(
    base={"slug": "tiger", "latin": "P"},
    ok={"slug": ["a-b"], "latin": ["x" * 100]},
    bad={"slug": ["a b", "", None, MISSING, "x" * 51], "latin": ["", None, "x" * 101]},
    hidden={"slug": ["lion"]},
    outputs=lambda: list(models.Species.objects.all()),
)
class SpeciesSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Species
        fields = "__all__"


@zoo(
    base={"title": "x"},
    ok={"title": ["y" * 80], "id": [MISSING]},
    bad={"title": ["y" * 81, "", None, MISSING, []]},
    outputs=lambda: list(models.Enclosure.objects.all()),
)
class EnclosureSerializer(serializers.ModelSerializer):
    animals = serializers.StringRelatedField(many=True, read_only=True)

    class Meta:
        model = models.Enclosure
        fields = "__all__"


@zoo(
    base={"name": "Rex"},
    ok={"name": ["x" * 40], "legs": [*reach("PositiveSmallIntegerField")]},
    bad={"name": ["", None, MISSING], "legs": [*beyond("PositiveSmallIntegerField")]},
    outputs=lambda: list(models.Animal.objects.all()),
)
class DeepAnimal(serializers.ModelSerializer):
    class Meta:
        model = models.Animal
        fields = ["id", "name", "legs", "species", "enclosure", "keepers", "tags"]
        depth = 1


@zoo(
    base={"country": "KE"},
    ok={"country": ["DE"]},
    bad={"country": ["x", "", None, MISSING]},
    outputs=lambda: list(models.Stamp.objects.all()),
)
class DeepStamp(serializers.ModelSerializer):
    class Meta:
        model = models.Stamp
        fields = "__all__"
        depth = 3


@zoo(
    base={"title": "x", "animals": []},
    ok={"title": ["y"]},
    bad={"title": ["", None, MISSING], "animals": [MISSING, None, "x", 5]},
    mutate=False,
    outputs=lambda: list(models.Enclosure.objects.all()),
)
class ManyTexts(serializers.ModelSerializer):
    """DRF forgets that ``many`` texts are read only: the key is required, and nothing but an empty list works."""

    animals = serializers.StringRelatedField(many=True)

    class Meta:
        model = models.Enclosure
        fields = "__all__"
