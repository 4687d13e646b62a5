"""Fields that hold text."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from django.core import validators
from rest_framework import serializers

from .case import MISSING, zoo

NO_TEXT = [MISSING, None, "", "   ", True, [], ["a"], {}, {"a": "b"}]


@zoo(
    base={"name": "a"},
    ok={"name": ["x", "Ärger über Öl", "two words", "line\nbreak", "日本語", "🦁", "null", "true", "a" * 5000, "7"]},
    bad={"name": NO_TEXT},
    outputs=[{"name": "a"}, {"name": ""}, {"name": 7}],
)
class PlainText(serializers.Serializer):
    name = serializers.CharField()


@zoo(
    base={"note": "a"},
    ok={"note": ["", "a", "a\n", MISSING, None]},
    bad={"note": [True, [], {}]},
    outputs=[{"note": None}, {"note": ""}, {"note": "a"}, {}],
)
class LooseText(serializers.Serializer):
    note = serializers.CharField(required=False, allow_blank=True, allow_null=True)


@zoo(
    base={"blank": "a", "null": "a", "free": " a "},
    ok={"blank": ["", "x"], "null": [None, "x"], "free": [" ", "  x", "x  ", "\t"]},
    bad={"blank": [None, MISSING, True], "null": ["", "  ", MISSING, []], "free": ["", None, MISSING, {}]},
    outputs=[{"blank": "", "null": None, "free": " "}],
)
class BlankNullUntrimmed(serializers.Serializer):
    blank = serializers.CharField(allow_blank=True)
    null = serializers.CharField(allow_null=True)
    free = serializers.CharField(trim_whitespace=False)


@zoo(
    base={"short": "ab", "exact": "abcd", "long": "a" * 10, "blank_min": ""},
    ok={
        "short": ["ab", "abcde", "äöüßé", "🦁🦁🦁🦁🦁"],
        "exact": ["1234", "a  b"],
        "long": ["a" * 10, "a" * 300],
        "blank_min": ["", "abc"],
    },
    bad={
        "short": ["a", "abcdef", "", None, MISSING, " "],
        "exact": ["abc", "abcde", ""],
        "long": ["a" * 9, ""],
        "blank_min": ["a", "ab", None],
    },
    outputs=[{"short": "x", "exact": "toolong", "long": "", "blank_min": "a"}],
)
class LengthText(serializers.Serializer):
    short = serializers.CharField(min_length=2, max_length=5)
    exact = serializers.CharField(min_length=4, max_length=4)
    long = serializers.CharField(min_length=10)
    blank_min = serializers.CharField(min_length=3, allow_blank=True)


@zoo(
    base={"a": "abc"},
    ok={"a": ["abc", "ab", "abcdef"], "b": ["xy", "xyzxyz"]},
    bad={"a": ["a", "abcdefg"], "b": ["x", "x" * 7]},
)
class LengthValidators(serializers.Serializer):
    a = serializers.CharField(
        min_length=1,
        max_length=50,
        validators=[validators.MinLengthValidator(lambda: 2), validators.MaxLengthValidator(lambda: 6)],
    )
    b = serializers.CharField(required=False, min_length=2, max_length=6)

    def get_fields(self):
        """A validator that comes late."""
        fields = super().get_fields()
        fields["a"].validators.append(validators.ProhibitNullCharactersValidator())
        return fields


@zoo(
    base={"email": "a@b.co"},
    ok={
        "email": [
            "ann.lee+zoo@sub.example.com",
            "x@localhost",
            "o'neil@example.org",
            '"ab"@example.com',
            "a@[127.0.0.1]",
        ],
        "blank": ["", "a@b.co"],
        "null": [None, "a@b.co"],
    },
    bad={
        "email": ["a", "@", "a@", "@b.co", "a b@c.de", "", None, 1.5, MISSING],
        "blank": [None, "a"],
        "null": ["", "a"],
    },
    hidden={"email": ["a@b..co", "a@-b.co"]},
    outputs=[{"email": "a@b.co", "blank": "", "null": None}, {"email": "no address", "blank": "", "null": "x"}],
)
class EmailText(serializers.Serializer):
    email = serializers.EmailField()
    blank = serializers.EmailField(allow_blank=True, required=False)
    null = serializers.EmailField(allow_null=True, required=False)


@zoo(
    base={"url": "https://example.com"},
    ok={
        "url": [
            "http://localhost:8000/a/b?c=d#e",
            "ftp://example.com/file",
            "https://user:pw@example.com/",
            "http://[::1]/",
            "https://bücher.example/ü",
            "HTTPS://EXAMPLE.COM",
            "http://127.0.0.1",
        ],
        "blank": ["", "https://example.com"],
        "short": ["http://a.io"],
    },
    bad={
        "url": ["example.com", "https://", "mailto:a@b.co", "", None, MISSING, [], "//example.com"],
        "blank": ["x", None],
        "short": ["http://example.com/too/long"],
    },
    outputs=[{"url": "https://example.com", "blank": "", "short": "anything"}],
)
class UrlText(serializers.Serializer):
    url = serializers.URLField()
    blank = serializers.URLField(required=False, allow_blank=True)
    short = serializers.URLField(required=False, max_length=15)


@zoo(
    base={"slug": "a-b_c"},
    ok={
        "slug": ["a", "A-1", "_", "-", "0"],
        "wide": ["a-b", "größe", "日本-1"],
        "blank": ["", "a-b"],
        "both": [None, "", "x"],
    },
    bad={"slug": ["a b", "ä", "a.b", "a/b", "", None, MISSING], "wide": ["a b", "a.b", ""], "blank": ["a b", None]},
    outputs=[{"slug": "a", "wide": "ä", "blank": "", "both": None}],
)
class SlugText(serializers.Serializer):
    slug = serializers.SlugField()
    wide = serializers.SlugField(allow_unicode=True, required=False)
    blank = serializers.SlugField(allow_blank=True, required=False)
    both = serializers.SlugField(allow_blank=True, allow_null=True, required=False)


@zoo(
    base={"plain": "AB12"},
    ok={
        "plain": ["ZZ99"],
        "search": ["has-digit-1", "9", "a1b"],
        "blank": ["", "xyz"],
        "null": [None, "xyz"],
        "sized": ["aaa", "aaaaa"],
    },
    bad={
        "plain": ["ab12", "AB1", "AB123", "", None, MISSING, []],
        "search": ["none", "", " "],
        "blank": ["abc", "xyzz", None],
        "null": ["", "abc"],
        "sized": ["aa", "aaaaaa", "bbb"],
    },
    outputs=[{"plain": "anything", "search": "", "blank": "", "null": None, "sized": ""}],
)
class RegexText(serializers.Serializer):
    plain = serializers.RegexField(r"^[A-Z]{2}\d{2}$")
    search = serializers.RegexField(r"\d", required=False)
    blank = serializers.RegexField(r"^xyz$", allow_blank=True, required=False)
    null = serializers.RegexField(r"^xyz$", allow_null=True, required=False)
    sized = serializers.RegexField(r"^a+$", min_length=3, max_length=5, required=False)


@zoo(
    base={"named": "ab-12"},
    ok={
        "named": ["zz-99"],
        "ends": ["abc"],
        "inline": ["ABC", "abc", "AbC"],
        "flag": ["ABC", "aBc"],
        "unicode": ["é", "été", "abc"],
        "dot_all": ["a\nb", "a-b"],
        "verbose": ["12-34"],
        "comment": ["xx"],
        "backref": ["abab", "xyxy"],
        "look": ["ab1"],
    },
    bad={"named": ["ab12", "ab-1", "", None], "ends": ["abcd", "xabc"], "verbose": ["1234"], "comment": ["x"]},
    hidden={
        "inline": ["abd"],
        "flag": ["abd"],
        "unicode": ["a b"],
        "dot_all": ["ab"],
        "backref": ["abac"],
        "look": ["abc"],
    },
    opaque="inline flag unicode dot_all backref look verbose",
    outputs=[{"named": "x", "ends": "x", "inline": "x", "flag": "", "unicode": ""}],
)
class PythonRegex(serializers.Serializer):
    named = serializers.RegexField(r"^(?P<letters>[a-z]{2})-(?P<digits>[0-9]{2})$")
    ends = serializers.RegexField(r"\Aabc\Z", required=False)
    inline = serializers.RegexField(r"(?i)^abc$", required=False)
    flag = serializers.RegexField(re.compile(r"^abc$", re.IGNORECASE), required=False)
    unicode = serializers.RegexField(r"^\w+$", required=False)
    dot_all = serializers.RegexField(re.compile(r"^a.b$", re.DOTALL), required=False)
    verbose = serializers.RegexField(re.compile("^ \\d\\d  # two\n - \\d\\d $", re.VERBOSE), required=False)
    comment = serializers.RegexField(r"^x(?#two of them)x$", required=False)
    backref = serializers.RegexField(r"^(?P<pair>\w\w)(?P=pair)$", required=False)
    look = serializers.RegexField(r"^(?=.*\d)\w+$", required=False)


@zoo(
    base={"both": "a-z"},
    ok={
        "both": ["abcz", "az"],
        "inverse": ["user", "administrate", "x"],
        "mixed": ["abc", "abcd"],
        "escaped": ["a-b/c", "a@b", "a#b"],
        "grouped": ["aab"],
    },
    bad={"both": ["a", "z", "za", "", None, MISSING], "inverse": ["root", "", None], "mixed": ["ABC", "a1c", "admin"]},
    hidden={"escaped": ["a!b"], "grouped": ["aaa"]},
    opaque="escaped",
)
class ManyRegexes(serializers.Serializer):
    both = serializers.CharField(validators=[validators.RegexValidator("^a"), validators.RegexValidator("z$")])
    inverse = serializers.CharField(
        required=False, validators=[validators.RegexValidator("^root$", inverse_match=True)]
    )
    mixed = serializers.RegexField(
        "^[a-z]+$",
        required=False,
        validators=[validators.RegexValidator("^[a-z]+$"), validators.RegexValidator("admin", inverse_match=True)],
    )
    escaped = serializers.RegexField(r"^[\ a-z\-\/\@\#]+$", required=False)
    grouped = serializers.RegexField(r"^(?:a)+b$", required=False)


@zoo(
    base={"v4": "10.0.0.1", "v6": "2001:db8::1", "any": "10.0.0.1"},
    ok={
        "v4": ["0.0.0.0", "255.255.255.255"],
        "v6": ["::1", "::", "2001:DB8:0:0:0:0:0:1", "::ffff:10.0.0.1"],
        "any": ["10.0.0.1", "::1", "::ffff:10.0.0.1"],
        "loose": ["", None, "10.0.0.1"],
    },
    bad={
        "v4": ["256.0.0.1", "1.2.3", "::1", "a.b.c.d", "", None, MISSING, 7.5, []],
        "v6": ["10.0.0.1", "2001::db8::1", "g::1", "", None, MISSING],
        "any": ["host", "1.2.3", "", None, 42],
        "loose": ["x"],
    },
    outputs=[
        {"v4": "10.0.0.1", "v6": "::1", "any": "::1", "loose": None},
        {"v4": "x", "v6": "", "any": "", "loose": ""},
    ],
)
class IpText(serializers.Serializer):
    v4 = serializers.IPAddressField(protocol="IPv4")
    v6 = serializers.IPAddressField(protocol="IPv6")
    any = serializers.IPAddressField()
    loose = serializers.IPAddressField(required=False, allow_null=True, allow_blank=True)


UUID = "0b1e6f0a-7c54-4d0e-9d6e-2f3a4b5c6d7e"


@zoo(
    base={"dashed": UUID},
    ok={
        "dashed": [UUID, UUID.upper(), UUID.replace("-", ""), "00000000-0000-0000-0000-000000000000"],
        "hexed": [UUID, UUID.replace("-", "")],
        "number": [UUID, 1, 2**128 - 1],
        "urn": [UUID, f"urn:uuid:{UUID}"],
        "null": [None, UUID],
    },
    bad={
        "dashed": ["", "x", UUID[:-1], UUID + "0", None, MISSING, [], {}, 1.5, "g" + UUID[1:]],
        "hexed": ["", "0123"],
        "null": ["", "x"],
        "number": ["x", 1.5],
        "urn": ["urn:isbn:1", ""],
    },
    outputs=lambda: [
        {"dashed": U(UUID), "hexed": U(UUID), "number": U(UUID), "urn": U(UUID), "null": None},
    ],
)
class UuidText(serializers.Serializer):
    dashed = serializers.UUIDField()
    hexed = serializers.UUIDField(format="hex", required=False)
    number = serializers.UUIDField(format="int", required=False)
    urn = serializers.UUIDField(format="urn", required=False)
    null = serializers.UUIDField(allow_null=True, required=False)


def U(text):  # noqa: N802
    """A UUID object, which is what an instance holds."""
    return uuid.UUID(text)


HERE = Path(__file__).parent


@zoo(
    base={"module": str(HERE / "text.py")},
    ok={"module": [str(HERE / "case.py")], "optional": ["", str(HERE / "text.py")], "null": [None]},
    bad={"module": ["text.py", "/etc/passwd", "", None, MISSING, 1, [], {}], "optional": ["x", None, True]},
    outputs=[
        {"module": str(HERE / "text.py"), "optional": "", "null": None},
        {"module": "gone.py", "optional": "", "null": None},
    ],
)
class PathText(serializers.Serializer):
    module = serializers.FilePathField(path=str(HERE), match=r"^(case|text)\.py$", required=True)
    optional = serializers.FilePathField(path=str(HERE), match=r"\.py$", required=False, allow_blank=True)
    null = serializers.FilePathField(path=str(HERE), match=r"\.py$", required=False, allow_null=True)


def no_swearing(value):
    """A rule of the project's own."""
    if "damn" in value:
        raise serializers.ValidationError("Mind your tongue.")


class Capital:
    """A validator that wants the field."""

    requires_context = True

    def __call__(self, value, field):
        """Refuse what begins small."""
        if not value[:1].isupper():
            raise serializers.ValidationError(f"{field.field_name} must begin with a capital.")


@zoo(
    base={"polite": "hello", "capital": "Hello", "even": "ab"},
    ok={"polite": ["x"], "capital": ["X", "Éa"], "even": ["abcd"]},
    bad={"polite": [None, "", MISSING], "capital": [None, True], "even": [None, []]},
    hidden={"polite": ["damn"], "capital": ["hello"], "even": ["abc"]},
    opaque="polite capital even",
)
class RuledText(serializers.Serializer):
    polite = serializers.CharField(validators=[no_swearing])
    capital = serializers.CharField(validators=[Capital()])
    even = serializers.CharField()

    def validate_even(self, value):
        """A rule by name."""
        if len(value) % 2:
            raise serializers.ValidationError("Odd.")
        return value
