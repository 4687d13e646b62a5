"""Fields that hold one or several of a list."""

from __future__ import annotations

import enum

from rest_framework import serializers

from .case import MISSING, zoo
from .models import Danger, Size


@zoo(
    base={"c": "a"},
    ok={
        "c": ["a", "b"],
        "blank": ["", "a"],
        "null": [None, "a"],
        "both": [None, "", "a"],
        "plain": ["x", "y"],
        "grouped": ["cat", "dog", "none"],
        "given": ["a", MISSING],
    },
    bad={
        "c": [MISSING, None, "", "c", "A", 1, [], {}, True, "First"],
        "blank": [None, "z"],
        "null": ["", "z"],
        "both": ["z", 5],
        "plain": ["z", ""],
        "grouped": ["Land", "", "Cat"],
        "given": ["z", None],
    },
    outputs=[
        {"c": "a", "blank": "", "null": None, "both": None, "plain": "x", "grouped": "cat", "given": "a"},
        {"c": "retired", "blank": "", "null": None, "both": "", "plain": "x", "grouped": "bird", "given": "a"},
    ],
)
class TextChoices(serializers.Serializer):
    c = serializers.ChoiceField([("a", "First"), ("b", "Second")])
    blank = serializers.ChoiceField([("a", "First"), ("b", "Second")], allow_blank=True, required=False)
    null = serializers.ChoiceField([("a", "First")], allow_null=True, required=False)
    both = serializers.ChoiceField([("a", "First")], allow_null=True, allow_blank=True, required=False)
    plain = serializers.ChoiceField(["x", "y"], required=False)
    grouped = serializers.ChoiceField([("Land", [("cat", "Cat"), ("dog", "Dog")]), ("none", "None")], required=False)
    given = serializers.ChoiceField([("a", "First")], default="a")


@zoo(
    base={"n": 1},
    ok={"n": [1, 2], "null": [None, 0], "mixed": [1, "a", 2.5], "truth": [True, False], "floats": [0.5, 1.5]},
    bad={
        "n": [MISSING, None, 3, "x", 1.5, [], {}, ""],
        "null": [1, ""],
        "mixed": ["b", 3, None, []],
        "truth": ["x", None],
        "floats": [2.5, "x"],
    },
    outputs=[{"n": 1, "null": None, "mixed": "a", "truth": True, "floats": 0.5}],
)
class NumberChoices(serializers.Serializer):
    n = serializers.ChoiceField([(1, "One"), (2, "Two")])
    null = serializers.ChoiceField([(0, "Zero")], allow_null=True, required=False)
    mixed = serializers.ChoiceField([(1, "One"), ("a", "A"), (2.5, "Two and a half")], required=False)
    truth = serializers.ChoiceField([(True, "Yes"), (False, "No")], required=False)
    floats = serializers.ChoiceField([0.5, 1.5], required=False)


@zoo(
    base={"odd": "a"},
    ok={"odd": ["a", None], "blank_key": ["", "a"], "both_keys": ["", None, "a"], "spaced": ["a b", "ä", 'q"']},
    bad={"odd": ["", "b", []], "blank_key": [None, "b"], "both_keys": ["b"], "spaced": ["ab"]},
    outputs=[{"odd": None, "blank_key": "", "both_keys": None, "spaced": "a b"}],
)
class OddChoices(serializers.Serializer):
    odd = serializers.ChoiceField([(None, "Nothing"), ("a", "A")], allow_null=True)
    blank_key = serializers.ChoiceField([("", "Empty"), ("a", "A")], required=False)
    both_keys = serializers.ChoiceField(
        [("", "Empty"), (None, "Nothing"), ("a", "A")], allow_null=True, allow_blank=True, required=False
    )
    spaced = serializers.ChoiceField(["a b", "ä", 'q"'], required=False)


@zoo(
    base={"odd": "a"},
    ok={"odd": ["a"]},
    bad={"odd": [None, "", "b"]},
)
class NoneChoiceThatIsNotNull(serializers.Serializer):
    odd = serializers.ChoiceField([(None, "Nothing"), ("a", "A")])


class Colour(enum.Enum):
    """A plain enum, whose keys are its members."""

    RED = "red"
    BLUE = "blue"


@zoo(
    base={"size": "s", "danger": 0},
    ok={"size": ["s", "l"], "danger": [0, 1, 2], "pairs": ["red", "blue"]},
    bad={
        "size": ["S", "SMALL", "", None, MISSING],
        "danger": [3, -1, None, "x", MISSING],
        "pairs": ["RED", "green", None],
    },
    outputs=[{"size": Size.SMALL, "danger": Danger.MUCH, "pairs": "red"}, {"size": "s", "danger": 9, "pairs": ""}],
)
class EnumChoices(serializers.Serializer):
    size = serializers.ChoiceField(Size.choices)
    danger = serializers.ChoiceField(Danger.choices)
    pairs = serializers.ChoiceField([(colour.value, colour.name) for colour in Colour], required=False)


@zoo(
    base={"member": "red"},
    ok={"member": ["red", "blue"]},
    bad={"member": ["green", "", None, MISSING, [], {}]},
)
class EnumMemberChoices(serializers.Serializer):
    member = serializers.ChoiceField([(colour, colour.name) for colour in Colour])


@zoo(
    base={"many": ["a"]},
    ok={
        "many": [[], ["a"], ["a", "b"], ["a", "a"]],
        "some": [["a"]],
        "null": [None, []],
        "numbers": [[], [1], [1, 2]],
        "blank": [["", "a"], [""]],
    },
    bad={
        "many": [MISSING, None, "a", ["c"], ["a", "c"], 5, True, [None], [[]]],
        "some": [[], None, ["c"]],
        "null": [["c"], ""],
        "numbers": [[3], ["x"], 1],
        "blank": [["z"]],
    },
    outputs=[
        {"many": ["a"], "some": {"a"}, "null": None, "numbers": [1], "blank": []},
        {"many": ["gone"], "some": [], "null": ["a"], "numbers": [9], "blank": [""]},
    ],
)
class ManyChoices(serializers.Serializer):
    many = serializers.MultipleChoiceField(choices=["a", "b"])
    some = serializers.MultipleChoiceField(choices=["a", "b"], allow_empty=False, required=False)
    null = serializers.MultipleChoiceField(choices=["a", "b"], allow_null=True, required=False)
    numbers = serializers.MultipleChoiceField(choices=[(1, "One"), (2, "Two")], required=False)
    blank = serializers.MultipleChoiceField(choices=["a"], allow_blank=True, required=False)


COUNTRIES = [(f"c{number:03}", f"Country {number}") for number in range(250)]


@zoo(
    base={"country": "c000"},
    ok={"country": ["c001", "c249"], "homes": [[], ["c010", "c200"]]},
    bad={"country": ["c250", "", None, MISSING, "Country 1"], "homes": [["x"], None, "c001"]},
    outputs=[{"country": "c100", "homes": ["c249"]}, {"country": "gone", "homes": []}],
)
class LongChoices(serializers.Serializer):
    country = serializers.ChoiceField(COUNTRIES)
    homes = serializers.MultipleChoiceField(choices=COUNTRIES, required=False)


@zoo(
    base={"late": "now"},
    ok={"late": ["now", "later"]},
    bad={"late": ["x", "", None, MISSING]},
)
class LateChoices(serializers.Serializer):
    late = serializers.ChoiceField(choices=[])

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["late"].choices = [("now", "Now"), ("later", "Later")]


@zoo(
    base={"tags": ["a"]},
    ok={"tags": [["a", "b"], ["b"]], "by_name": [{"x": 1}, {}], "codes": [[1], []]},
    bad={
        "tags": [["c"], [], [None], "a", ["a", "b", "a", "b"]],
        "by_name": [{"x": 3}, {"x": None}, []],
        "codes": [[5]],
    },
    outputs=[{"tags": [], "by_name": {"x": 5}, "codes": [1]}],
)
class ChoicesInside(serializers.Serializer):
    tags = serializers.ListField(child=serializers.ChoiceField(["a", "b"]), allow_empty=False, max_length=3)
    by_name = serializers.DictField(child=serializers.ChoiceField([1, 2]), required=False)
    codes = serializers.ListField(child=serializers.ChoiceField([(1, "One")]), required=False)


@zoo(
    base={"c": "a"},
    ok={"c": ["a"], "d": ["anything", "b"]},
    bad={"c": ["b", None], "d": [None, ""]},
    outputs=[{"c": "a", "d": "x"}],
)
class ChoiceLike(serializers.Serializer):
    c = serializers.ChoiceField({"a": "A"})
    d = serializers.CharField(required=False, help_text="One of a, b, or anything else.")
