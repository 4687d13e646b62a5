"""Fields that hold numbers, truth values and decimals."""

from __future__ import annotations

import decimal
from decimal import Decimal

from django.core import validators
from rest_framework import serializers

from .case import MISSING, zoo

NO_INTEGER = [MISSING, None, "x", "", 1.5, [], [1], {}, True]


@zoo(
    base={"n": 1},
    ok={"n": [0, -1, 2**31, -(2**70), 10**30, 3.0]},
    bad={"n": NO_INTEGER},
    outputs=[{"n": 1}, {"n": -(2**70)}],
)
class PlainInteger(serializers.Serializer):
    n = serializers.IntegerField()


@zoo(
    base={"small": 1, "open": 10},
    ok={"small": [0, 10], "open": [10, 10**20], "null": [None, -5, 5], "late": [9, -100], "zero": [0, -1]},
    bad={
        "small": [-1, 11, None, MISSING],
        "open": [9, -10],
        "null": [6, -6, "x"],
        "late": [10, 11],
        "zero": [1],
    },
    outputs=[{"small": 99, "open": 0, "null": None, "late": 1000, "zero": 5}],
)
class BoundedInteger(serializers.Serializer):
    small = serializers.IntegerField(min_value=0, max_value=10)
    open = serializers.IntegerField(min_value=10)
    null = serializers.IntegerField(min_value=-5, max_value=5, allow_null=True, required=False)
    late = serializers.IntegerField(required=False, validators=[validators.MaxValueValidator(lambda: 9)])
    zero = serializers.IntegerField(max_value=0, required=False)


@zoo(
    base={"strict": 5},
    ok={"strict": [5, 0], "step": [0, 10, -5], "offset": [3, 8, -2], "two": [5, 7]},
    bad={"strict": [-1, 8], "step": [1, 7, 11], "two": [4, 8]},
    hidden={"offset": [5, 10]},
    opaque="offset",
)
class ValidatedInteger(serializers.Serializer):
    strict = serializers.IntegerField(
        validators=[
            validators.MinValueValidator(-100),
            validators.MinValueValidator(0),
            validators.MaxValueValidator(7),
        ]
    )
    step = serializers.IntegerField(required=False, validators=[validators.StepValueValidator(5)])
    offset = serializers.IntegerField(required=False, validators=[validators.StepValueValidator(5, offset=3)])
    two = serializers.IntegerField(
        required=False, validators=[validators.MinValueValidator(5), validators.MaxValueValidator(Decimal(7))]
    )


if hasattr(serializers, "BigIntegerField"):  # new in DRF 3.17

    @zoo(
        base={"big": 1},
        ok={"big": [2**63, -5], "text": [5, 2**60, "5", "-12"]},
        bad={"big": ["x", None, MISSING, 1.5, True], "text": ["x", "", None, 101.5]},
        outputs=[{"big": 2**62, "text": 2**62}],
    )
    class BigInteger(serializers.Serializer):
        big = serializers.BigIntegerField()
        text = serializers.BigIntegerField(coerce_to_string=True, required=False)


@zoo(
    base={"f": 1.5},
    ok={"f": [0, -1, 1e300, 3, 0.1], "bounded": [0.5, 1, 2.5], "null": [None, 0], "strict": [-1, 1]},
    bad={
        "f": [MISSING, None, "x", "", [], {}, "one"],
        "bounded": [0.49, 2.51, 3, 0, -1],
        "null": ["x"],
        "strict": [-1.01, 2],
    },
    outputs=[{"f": 1, "bounded": 100.0, "null": None, "strict": 2}],
)
class PlainFloat(serializers.Serializer):
    f = serializers.FloatField()
    bounded = serializers.FloatField(min_value=0.5, max_value=2.5, required=False)
    null = serializers.FloatField(allow_null=True, required=False)
    strict = serializers.FloatField(min_value=-1, max_value=1, required=False)


@zoo(
    base={"price": "9.99"},
    ok={
        "price": ["0", "0.5", "999.99", "-999.99", "1.", ".5", 9.99, 5, 0.1, 0.07, 1.1, "000.10", "-0.01"],
        "null": [None, "1.5", 1.5],
    },
    bad={
        "price": [
            MISSING,
            None,
            "",
            "x",
            "1.234",
            "1000",
            "1000.00",
            [],
            {},
            True,
            1000,
            -1000,
            "NaN",
            "Infinity",
            "1,5",
        ],
        "null": ["x", "12.345", "1.2.3", "--1"],
    },
    hidden={"price": [1.234]},
    outputs=[{"price": Decimal("9.99"), "null": None}, {"price": Decimal(5), "null": Decimal("0.10")}],
)
class PlainDecimal(serializers.Serializer):
    price = serializers.DecimalField(max_digits=5, decimal_places=2)
    null = serializers.DecimalField(max_digits=4, decimal_places=2, allow_null=True, required=False)


@zoo(
    base={"number": 1.5},
    ok={
        "number": [2, "1.5", 0.25],
        "free": ["123456789.123456789", 12, 0.000001],
        "places": ["123456.12", 7],
        "digits": ["12345", "1.2345", 12],
        "whole": ["12", 7, "-99"],
        "fraction": ["0.123", ".5", 0.5],
        "normal": ["1.00", "1"],
        "rounded": ["1.55"],
    },
    bad={
        "number": [None, "x", [], "1.555", 10000],
        "free": ["x", "", "NaN", None],
        "places": ["1.123", "x"],
        "digits": ["123456", "x", "1.23456"],
        "whole": ["1.5", 100, "100", "x"],
        "fraction": [5, "1.5", "0.1234", "0"],
        "rounded": ["x", "1.555"],
    },
    outputs=[
        {
            "number": Decimal("1.50"),
            "free": Decimal("1E+3"),
            "places": Decimal(7),
            "digits": Decimal("0.001"),
            "whole": Decimal(12),
            "fraction": Decimal("0.5"),
            "normal": Decimal("100.00"),
            "rounded": Decimal("1.5"),
        },
        {
            "number": None,
            "free": Decimal(0),
            "places": Decimal("-0.1"),
            "digits": Decimal(12345),
            "whole": Decimal(0),
            "fraction": Decimal("-0.5"),
            "normal": Decimal("-1.10"),
            "rounded": Decimal(0),
        },
    ],
)
class DecimalOptions(serializers.Serializer):
    number = serializers.DecimalField(max_digits=6, decimal_places=2, coerce_to_string=False)
    free = serializers.DecimalField(max_digits=None, decimal_places=None, required=False)
    places = serializers.DecimalField(max_digits=None, decimal_places=2, required=False)
    digits = serializers.DecimalField(max_digits=5, decimal_places=None, required=False)
    whole = serializers.DecimalField(max_digits=2, decimal_places=0, required=False)
    fraction = serializers.DecimalField(max_digits=3, decimal_places=3, required=False)
    normal = serializers.DecimalField(max_digits=5, decimal_places=2, normalize_output=True, required=False)
    rounded = serializers.DecimalField(max_digits=4, decimal_places=2, rounding=decimal.ROUND_HALF_EVEN, required=False)


@zoo(
    base={"low": "1.00"},
    ok={"low": ["1", "500.5", 1, 999], "high": ["-5", 5, "5.00"], "both": [0.5, "0.5", "1.5", 1.5], "late": [3, "3"]},
    bad={"low": [0, -5, "x", None], "high": [6, 5.5, "x"], "both": [2, 0, "", 1.51], "late": [4]},
    hidden={"low": ["0.99", "-1"], "high": ["5.01"], "both": ["0.49", "1.51"], "late": ["4"]},
    outputs=[{"low": Decimal(0), "high": Decimal(99), "both": Decimal(9), "late": Decimal(100)}],
)
class BoundedDecimal(serializers.Serializer):
    low = serializers.DecimalField(max_digits=6, decimal_places=2, min_value=1)
    high = serializers.DecimalField(max_digits=6, decimal_places=2, max_value=Decimal(5), required=False)
    both = serializers.DecimalField(
        max_digits=4, decimal_places=2, min_value=Decimal("0.5"), max_value=Decimal("1.5"), required=False
    )
    late = serializers.DecimalField(
        max_digits=5, decimal_places=2, required=False, validators=[validators.MaxValueValidator(lambda: 3)]
    )


@zoo(
    base={"on": True},
    ok={"on": [True, False], "maybe": [None, True, False], "off": [True, False, MISSING], "set": [True, MISSING]},
    bad={"on": [MISSING, None, "x", 2, -1, 0.5, [], {}, "perhaps"], "maybe": ["x", 2, []], "off": [None, "x"]},
    outputs=[
        {"on": True, "maybe": None, "off": False, "set": 1},
        {"on": "yes", "maybe": "", "off": 0, "set": "no"},
    ],
)
class TruthValues(serializers.Serializer):
    on = serializers.BooleanField()
    maybe = serializers.BooleanField(allow_null=True, required=False)
    off = serializers.BooleanField(default=False)
    set = serializers.BooleanField(default=True)


@zoo(
    base={},
    ok={
        "integer": [None, 5],
        "float": [None, 0.5],
        "decimal": [None, "1.5", 1],
        "boolean": [None, True],
        "text": [None, "a"],
        "flag": [None, False],
    },
    bad={
        "integer": [6, "x", []],
        "float": ["x", {}],
        "decimal": ["x", 100, {}],
        "boolean": ["x", []],
        "text": ["", []],
        "flag": ["x"],
    },
    outputs=[
        {"integer": None, "float": None, "decimal": None, "boolean": None, "text": None, "flag": None},
        {"integer": 1, "float": 2, "decimal": Decimal(1), "boolean": 1, "text": 5, "flag": True},
    ],
)
class NullableScalars(serializers.Serializer):
    integer = serializers.IntegerField(allow_null=True, default=None, max_value=5)
    float = serializers.FloatField(allow_null=True, default=None)
    decimal = serializers.DecimalField(max_digits=4, decimal_places=2, allow_null=True, default=None)
    boolean = serializers.BooleanField(allow_null=True, default=None)
    text = serializers.CharField(allow_null=True, default=None)
    flag = serializers.BooleanField(allow_null=True, default=True)


@zoo(
    base={"amount": "1.5"},
    ok={"amount": ["2", 3, 1.5]},
    bad={"amount": ["x", None, MISSING, []]},
    outputs=[{"amount": Decimal("1234.5")}],
)
class LocalizedDecimal(serializers.Serializer):
    amount = serializers.DecimalField(max_digits=8, decimal_places=2, localize=True)
