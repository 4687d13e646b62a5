from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_mcp.protocol.uri_templates import URITemplate

from . import steady

REPORT = URITemplate("shop://reports/{year}/{name}#file")


def test_variables_are_found_in_order_and_once() -> None:
    assert REPORT.variables == ("year", "name")
    assert URITemplate("x://{a}/{b}/{a}").variables == ("a", "b")
    assert URITemplate("file://project-info").variables == ()
    assert str(REPORT) == REPORT.text == "shop://reports/{year}/{name}#file"


@steady
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), st.text("abc0-._~", min_size=1))
def test_what_is_expanded_is_matched_again(year: str, name: str) -> None:
    uri = REPORT.expand({"year": year, "name": name})
    assert uri.isascii()
    assert REPORT.match(uri) == {"year": year, "name": name}


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "shop://reports/2025",
        "shop://reports//x#file",
        "shop://reports/2025/a/b#file",
        "shop://reports/2025/a?b#file",
        "shop://reports/2025/a b#file",
        "shop://reports/2025/ä#file",
        "shop://reports/2025/%zz#file",
        "shop://reports/2025/%2#file",
        "shop://reports/2025/%ff#file",
        "shop://reports/2025/%00#file",
        "shop://reports/2025/a%0Ab#file",
        "shop://reports/2025/%7f#file",
        "shop://reports/2025/a#file\n",
        " shop://reports/2025/a#file",
    ],
)
def test_what_is_no_expansion_is_no_match(uri: str) -> None:
    assert REPORT.match(uri) is None


def test_a_variable_that_is_there_twice_has_one_value() -> None:
    template = URITemplate("x://{a}/{a}")
    assert template.match("x://1/1") == {"a": "1"}
    assert template.match("x://1/2") is None
    assert template.expand({"a": "ü"}) == "x://%C3%BC/%C3%BC"


@pytest.mark.parametrize("text", ["reports/{year}", "", "x://{+path}", "x://{a,b}", "x://{?q}", "x://{", "x://{1}"])
def test_anything_but_simple_variables_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no scheme|braces"):
        URITemplate(text)
