"""Lists, dictionaries and JSON."""

from __future__ import annotations

from rest_framework import serializers

from .case import MISSING, zoo


@zoo(
    base={"any": [1]},
    ok={
        "any": [[], [1, "a", None, {}, []], ["x"]],
        "numbers": [[], [1, -2]],
        "texts": [["a"], []],
        "null": [None, [], [1]],
        "null_items": [[None], [1, None]],
        "blank_items": [[""], ["", "a"]],
    },
    bad={
        "any": [MISSING, None, "a", {}, 5, True],
        "numbers": [["x"], [None], None, "1", [[1]]],
        "texts": [[""], [None], [["a"]], [True]],
        "null": ["x", ["x"]],
        "null_items": [["x"], None],
        "blank_items": [[None], None],
    },
    outputs=[
        {"any": [1, None], "numbers": [1], "texts": ["a"], "null": None, "null_items": [None], "blank_items": [""]},
        {"any": [], "numbers": [None], "texts": [], "null": [], "null_items": [], "blank_items": []},
    ],
)
class Lists(serializers.Serializer):
    any = serializers.ListField()
    numbers = serializers.ListField(child=serializers.IntegerField(), required=False)
    texts = serializers.ListField(child=serializers.CharField(), required=False)
    null = serializers.ListField(child=serializers.IntegerField(), allow_null=True, required=False)
    null_items = serializers.ListField(child=serializers.IntegerField(allow_null=True), required=False)
    blank_items = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False)


@zoo(
    base={"some": [1]},
    ok={
        "some": [[1], [1, 2, 3]],
        "sized": [[1, 2], [1, 2, 3]],
        "small_items": [[0, 5]],
        "loose": [None, [], ["a", "b"]],
    },
    bad={
        "some": [[], None, ["x"], MISSING],
        "sized": [[1], [1, 2, 3, 4], []],
        "small_items": [[6], [-1]],
        "loose": [["a", "b", "c"], ["abcd"]],
    },
    outputs=[{"some": [], "sized": [], "small_items": [100], "loose": None}],
)
class SizedLists(serializers.Serializer):
    some = serializers.ListField(child=serializers.IntegerField(), allow_empty=False)
    sized = serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=3, required=False)
    small_items = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=5), required=False)
    loose = serializers.ListField(
        child=serializers.CharField(max_length=3), max_length=2, allow_null=True, required=False
    )


@zoo(
    base={"grid": [[1, 2], [3]]},
    ok={
        "grid": [[], [[]], [[0]]],
        "dicts": [[{}], [{"a": "b"}]],
        "dates": [["2024-05-01"], []],
        "decimals": [["1.5", 2]],
        "deep": [{"a": {"b": [1]}}, {}],
    },
    bad={
        "grid": [[1], [["x"]], [None], [[None]], None],
        "dicts": [["a"], [{"a": []}]],
        "dates": [["x"], [""], [5]],
        "decimals": [["1.555"], ["x"], [None]],
        "deep": [{"a": 1}, {"a": {"b": 1}}, {"a": {"b": ["x"]}}],
    },
    outputs=[{"grid": [[1]], "dicts": [{"a": "b"}], "dates": [], "decimals": [], "deep": {"a": {"b": [1]}}}],
)
class NestedLists(serializers.Serializer):
    grid = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    dicts = serializers.ListField(child=serializers.DictField(child=serializers.CharField()), required=False)
    dates = serializers.ListField(child=serializers.DateField(), required=False)
    decimals = serializers.ListField(child=serializers.DecimalField(max_digits=3, decimal_places=1), required=False)
    deep = serializers.DictField(
        child=serializers.DictField(child=serializers.ListField(child=serializers.IntegerField())), required=False
    )


@zoo(
    base={"any": {"a": 1}},
    ok={
        "any": [{}, {"a": [1], "b": None, "": "x"}],
        "texts": [{"a": "b"}, {}],
        "some": [{"a": 1}],
        "null": [None, {}, {"a": None}],
        "store": [{"a": "b"}, {"a": None}, {"a": ""}, {}],
        "odd_keys": [{"a.b": 1, "a b": 2, "ä": 3}],
    },
    bad={
        "any": [MISSING, None, [], "a", 1, True],
        "texts": [{"a": ""}, {"a": None}, {"a": []}, []],
        "some": [{}, None, {"a": "x"}],
        "null": [[], {"a": "x"}],
        "store": [{"a": []}, {"a": {}}, [], "x"],
        "odd_keys": [{"a": "x"}],
    },
    outputs=[
        {"any": {"a": 1}, "texts": {1: "b"}, "some": {}, "null": None, "store": {"a": None}, "odd_keys": {}},
        {"any": {}, "texts": {"a": None}, "some": {"a": 1}, "null": {"a": None}, "store": {}, "odd_keys": {"x": 1}},
    ],
)
class Dicts(serializers.Serializer):
    any = serializers.DictField()
    texts = serializers.DictField(child=serializers.CharField(), required=False)
    some = serializers.DictField(child=serializers.IntegerField(), allow_empty=False, required=False)
    null = serializers.DictField(child=serializers.IntegerField(allow_null=True), allow_null=True, required=False)
    store = serializers.HStoreField(required=False)
    odd_keys = serializers.DictField(child=serializers.IntegerField(), required=False)


@zoo(
    base={"json": {"a": 1}},
    ok={
        "json": [{}, [], "text", 5, 1.5, True, False, "", [{"a": None}]],
        "null": [None, {}, [], "x"],
        "given": [{"a": 1}, [], MISSING],
        "binary": ['{"a": 1}', "5", "[]"],
    },
    bad={"json": [MISSING, None], "binary": [None], "given": [None]},
    hidden={"binary": ["{", "x"]},
    opaque="binary",
    outputs=[
        {"json": {"a": [1, None]}, "null": None, "given": 5, "binary": {"a": 1}},
        {"json": "text", "null": [], "given": True, "binary": "x"},
        {"json": 1.5, "null": "x", "given": {}, "binary": None},
    ],
)
class Json(serializers.Serializer):
    json = serializers.JSONField()
    null = serializers.JSONField(allow_null=True, required=False)
    given = serializers.JSONField(default=dict)
    binary = serializers.JSONField(binary=True, required=False)


class Pairs(serializers.ListField):
    """A list with a child of its own."""

    child = serializers.FloatField(min_value=-180, max_value=180)


class Score(serializers.ListField):
    """A list that is written as text."""

    def to_internal_value(self, data):
        """Take ``1,2``."""
        return [int(part) for part in str(data).split(",")]

    def to_representation(self, data):
        """Print ``1,2``."""
        return ",".join(str(part) for part in data)


@zoo(
    base={"point": [1.5, 2]},
    ok={"point": [[0, 0], [-180, 180]], "score": ["1,2", "5"]},
    bad={"point": [[1], [1, 2, 3], [181, 0], ["x", 0], None, [None, 1]]},
    silent="score",
    outputs=[{"point": [500, 0], "score": [1, 2]}, {"point": [], "score": []}],
)
class OwnLists(serializers.Serializer):
    point = Pairs(min_length=2, max_length=2)
    score = Score(required=False)


@zoo(
    base={"items": [1]},
    ok={"items": [[], [2]], "keys": [{"a": 1}], "get": ["x"], "values": [1], "data": ["d"]},
    bad={"items": ["x", None, ["x"]], "keys": [[], None], "get": [[], ""], "values": ["x"]},
    patch=False,
    outputs=[{"items": [1], "keys": {}, "get": "x", "values": 1, "data": "d"}],
)
class DictMethodNames(serializers.Serializer):
    items = serializers.ListField(child=serializers.IntegerField())
    keys = serializers.DictField(child=serializers.IntegerField(), required=False)
    get = serializers.CharField(required=False)
    values = serializers.IntegerField(required=False)

    def get_fields(self):
        """A field whose name the class itself uses."""
        fields = super().get_fields()
        fields["data"] = serializers.CharField(required=False)
        return fields


@zoo(base={"a": 1}, ok={"a": [1, 2]}, bad={"a": ["x", MISSING]}, outputs=[{"a": 1}])
class OneField(serializers.Serializer):
    a = serializers.IntegerField()


@zoo(base={}, whole_bad=[[], "x", 5], outputs=[{}, {"x": 1}], patch_ok=[{}])
class NoFields(serializers.Serializer):
    pass
