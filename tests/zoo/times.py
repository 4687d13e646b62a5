"""Fields that hold dates, times and spans."""

from __future__ import annotations

import datetime as dt
import inspect

from rest_framework import serializers

from .case import MISSING, zoo

UTC = dt.UTC


@zoo(
    base={"at": "2024-05-01T10:30:00Z"},
    ok={
        "at": [
            "2024-05-01T10:30:00",
            "2024-05-01T10:30",
            "2024-05-01 10:30:00",
            "2024-05-01T10:30:00.123456Z",
            "2024-05-01T10:30:00.5",
            "2024-05-01T10:30:00+02:00",
            "2024-05-01T10:30:00-05:30",
            "2024-05-01T10:30Z",
        ],
        "null": [None, "2024-05-01T10:30:00Z"],
    },
    bad={
        "at": [MISSING, None, "", "yesterday", "10:30", 5, True, [], {}, "2024-05-01T", "24-05-01T10:30"],
        "null": ["", "x"],
    },
    hidden={"at": ["2024-02-30T10:00:00Z", "2024-05-01T25:00:00Z", "2024-13-01T10:00:00Z"]},
    outputs=[
        {"at": dt.datetime(2024, 5, 1, 10, 30, tzinfo=UTC), "null": None},
        {"at": dt.datetime(2024, 5, 1, 10, 30, 0, 5), "null": None},
        {"at": dt.datetime(2024, 5, 1, tzinfo=dt.timezone(dt.timedelta(hours=2))), "null": None},
    ],
)
class DateTimes(serializers.Serializer):
    at = serializers.DateTimeField()
    null = serializers.DateTimeField(allow_null=True, required=False)


@zoo(
    base={"local": "01.05.2024 10:30"},
    ok={
        "local": ["31.12.1999 00:00"],
        "several": ["2024-05-01T10:30:00Z", "01/05/2024", "2024-05-01T10:30"],
        "unix": ["2024-05-01T10:30:00Z"],
        "naive": ["2024-05-01T10:30:00Z", "2024-05-01T10:30:00"],
        "raw": ["2024-05-01T10:30:00+02:00"],
    },
    bad={"local": [None, "", MISSING, 5, [], "x"], "several": ["x", "", 1, None], "unix": ["x", None]},
    hidden={"local": ["2024-05-01T10:30:00Z", "01.13.2024 10:30"], "several": ["40/40/2024"]},
    opaque="local several",
    outputs=[
        {
            "local": dt.datetime(2024, 5, 1, 10, 30, tzinfo=UTC),
            "several": dt.datetime(2024, 5, 1, 10, 30, tzinfo=UTC),
            "unix": dt.datetime(2024, 5, 1, 10, 30, tzinfo=UTC),
            "naive": dt.datetime(2024, 5, 1, 10, 30, tzinfo=UTC),
            "raw": dt.datetime(2024, 5, 1, 10, 30, tzinfo=UTC),
        },
        {"local": None, "several": "as it is", "unix": None, "naive": None, "raw": "as it is"},
    ],
)
class FormattedDateTimes(serializers.Serializer):
    local = serializers.DateTimeField(format="%d.%m.%Y %H:%M", input_formats=["%d.%m.%Y %H:%M"])
    several = serializers.DateTimeField(input_formats=["iso-8601", "%d/%m/%Y"], required=False)
    unix = serializers.DateTimeField(format="%s", required=False)
    naive = serializers.DateTimeField(default_timezone=dt.timezone(dt.timedelta(hours=2)), required=False)
    raw = serializers.DateTimeField(format=None, required=False)


@zoo(
    base={"day": "2024-05-01"},
    ok={
        "day": ["1999-12-31", "2024-02-29"],
        "german": ["01.05.2024", "2024-05-01"],
        "only": ["05/2024"],
        "null": [None, "2024-05-01"],
        "raw": ["2024-05-01"],
    },
    bad={
        "day": [MISSING, None, "", "today", "01.05.2024", "2024-05-01T10:00:00Z", 20240501, [], {}, "2024"],
        "german": ["x", "", None],
        "only": ["", None, 5],
        "null": ["x", ""],
    },
    hidden={"day": ["2023-02-29", "2024-13-01", "2024-00-10"], "only": ["2024-05-01"], "german": ["45.05.2024"]},
    opaque="german only",
    outputs=[
        {
            "day": dt.date(2024, 5, 1),
            "german": dt.date(2024, 5, 1),
            "only": dt.date(2024, 5, 1),
            "null": None,
            "raw": dt.date(2024, 5, 1),
        },
        {"day": "as it is", "german": None, "only": None, "null": None, "raw": None},
    ],
)
class Dates(serializers.Serializer):
    day = serializers.DateField()
    german = serializers.DateField(input_formats=["%d.%m.%Y", "iso-8601"], format="%d.%m.%Y", required=False)
    only = serializers.DateField(input_formats=["%m/%Y"], format="%m/%Y", required=False)
    null = serializers.DateField(allow_null=True, required=False)
    raw = serializers.DateField(format=None, required=False)


@zoo(
    base={"at": "10:30"},
    ok={
        "at": ["10:30:00", "10:30:00.5", "00:00", "23:59:59.999999", "9:05"],
        "twelve": ["10:30 PM", "01:05 AM"],
        "null": [None, "10:30"],
        "short": ["10:30", "07:00"],
    },
    bad={
        "at": [MISSING, None, "", "noon", 1030, [], {}, "2024-05-01", True],
        "twelve": ["", None, [], "x"],
        "null": ["x", ""],
    },
    hidden={"at": ["25:00", "10:61"], "twelve": ["22:30"], "short": ["10:30:00"]},
    opaque="twelve short",
    outputs=[
        {"at": dt.time(10, 30), "twelve": dt.time(22, 30), "null": None, "short": dt.time(7)},
        {"at": dt.time(10, 30, 0, 5), "twelve": dt.time(0), "null": dt.time(0), "short": None},
        {"at": dt.time(10, 30, tzinfo=UTC), "twelve": None, "null": None, "short": "x"},
    ],
)
class Times(serializers.Serializer):
    at = serializers.TimeField()
    twelve = serializers.TimeField(input_formats=["%I:%M %p"], format="%I:%M %p", required=False)
    null = serializers.TimeField(allow_null=True, required=False)
    short = serializers.TimeField(input_formats=["%H:%M"], format="%H:%M", required=False)


def duration_format(text):
    """The option where there is one: new in DRF 3.17."""
    has_format = "format" in inspect.signature(serializers.DurationField.__init__).parameters
    return {"format": text} if has_format else {}


@zoo(
    base={"span": "01:00:00"},
    ok={
        "span": ["1 02:03:04", "00:00:05", "05:30", "30", "3 00:00:00.000123", "-1 23:59:59", "P1DT2H", "PT5M"],
        "iso": ["P3DT2H30M", "01:00:00", "P0DT00H00M05S"],
        "null": [None, "00:00:01"],
        "bounded": ["00:01:00", "01:00:00", "PT30M"],
        "raw": ["1 00:00:00"],
    },
    bad={
        "span": [MISSING, None, "soon", "1:2:3:4", [], {}, True],
        "iso": ["x", None, "3 weeks"],
        "null": ["x", []],
        "bounded": [None, "x"],
    },
    hidden={"bounded": ["00:00:59", "01:00:01"]},
    outputs=[
        {
            "span": dt.timedelta(hours=1),
            "iso": dt.timedelta(days=3, hours=2, microseconds=5),
            "null": None,
            "bounded": dt.timedelta(0),
            "raw": dt.timedelta(days=1),
        },
        {
            "span": dt.timedelta(days=1, seconds=5, microseconds=7),
            "iso": dt.timedelta(days=-1),
            "null": dt.timedelta(0),
            "bounded": dt.timedelta(days=-1, seconds=5),
            "raw": dt.timedelta(seconds=1.5),
        },
    ],
)
class Durations(serializers.Serializer):
    span = serializers.DurationField()
    iso = serializers.DurationField(**duration_format("iso-8601"), required=False)
    null = serializers.DurationField(allow_null=True, required=False)
    bounded = serializers.DurationField(
        min_value=dt.timedelta(minutes=1), max_value=dt.timedelta(hours=1), required=False
    )
    raw = serializers.DurationField(**duration_format(None), required=False)


@zoo(
    base={"day": "2024-05-01", "until": "2024-05-02"},
    ok={"until": ["2024-05-01", "2025-01-01"], "day": ["2020-01-01"]},
    bad={"until": [None, "x", MISSING], "day": [MISSING, 5]},
    whole_hidden=[{"day": "2024-05-03", "until": "2024-05-02"}],
    patch=False,
    patch_ok=[{}, {"day": "2024-05-01"}],
    outputs=[{"day": dt.date(2024, 5, 1), "until": dt.date(2024, 5, 2)}],
)
class DateRange(serializers.Serializer):
    day = serializers.DateField()
    until = serializers.DateField()

    def validate(self, attrs):
        """A rule between two fields."""
        if attrs.get("day") and attrs.get("until") and attrs["day"] > attrs["until"]:
            raise serializers.ValidationError("The end comes first.")
        return attrs
