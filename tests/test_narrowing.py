"""What a narrowing leaves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_mcp.narrowing import EVERYTHING, Narrowing, client_narrowings
from drf_mcp.protocol.errors import HTTPRefusalError

NAMES = st.text(alphabet="abc_-", min_size=1, max_size=8)
PATTERNS = st.lists(st.text(alphabet="abc_*?[]!", max_size=6), max_size=3).map(tuple)


def test_nothing_is_taken_away_where_nothing_is_said():
    assert EVERYTHING.allows("destroy_users_user", only_reads=False)


def test_read_only_wins_over_a_name_that_is_included():
    narrowing = Narrowing(read_only=True, include=("destroy_*",))
    assert not narrowing.allows("destroy_users_user", only_reads=False)


def test_a_name_is_left_if_it_matches_one_of_the_patterns():
    narrowing = Narrowing(include=("list_*", "retrieve_*"))
    assert narrowing.allows("list_users_user", only_reads=True)
    assert not narrowing.allows("create_users_user", only_reads=False)
    assert not narrowing.allows("LIST_users_user", only_reads=True)


def test_no_pattern_at_all_leaves_nothing():
    assert not Narrowing(include=()).allows("list_users_user", only_reads=True)


def test_what_is_excluded_stays_so_where_it_is_included_too():
    narrowing = Narrowing(include=("*_users_*",), exclude=("destroy_*",))
    assert narrowing.allows("list_users_user", only_reads=True)
    assert not narrowing.allows("destroy_users_user", only_reads=False)


@given(NAMES, st.booleans(), PATTERNS, PATTERNS, st.booleans())
def test_each_part_only_takes_away(name, only_reads, include, exclude, read_only):
    whole = Narrowing(read_only, include, exclude)
    parts = [Narrowing(read_only), Narrowing(include=include), Narrowing(exclude=exclude)]
    assert whole.allows(name, only_reads=only_reads) == all(p.allows(name, only_reads=only_reads) for p in parts)


@pytest.mark.parametrize(("wildcards", "is_taken"), [(8, True), (9, False)])
@pytest.mark.parametrize("wildcard", ["*", "?", "[a]"])
def test_a_clients_pattern_has_only_so_many_wildcards(wildcard: str, wildcards: int, is_taken: bool) -> None:
    query = {"tools": [f"a{wildcard}" * wildcards]}
    if is_taken:
        assert list(client_narrowings(query, {}))
    else:
        with pytest.raises(HTTPRefusalError):
            list(client_narrowings(query, {}))
