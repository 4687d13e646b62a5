"""The language of stored prompts: what it can say, and all that it cannot."""

from __future__ import annotations

import pytest
from django.template import TemplateSyntaxError

from drf_mcp.prompt_templates import FILTERS, TAGS, compile_template, engine, render_template, variables_of


def test_arguments_stand_as_they_came() -> None:
    said = render_template("Say {{ word }}!", {"word": "<b>&'\"</b>"})
    assert said == "Say <b>&'\"</b>!"
    assert not hasattr(said, "__html__")
    assert (
        render_template("{{ word }}", {"word": "{{ other }}{% load x %}", "other": "no"}) == "{{ other }}{% load x %}"
    )


def test_conditions_and_the_filters_for_texts_work() -> None:
    text = "{% if a == 'x' and b %}{{ a|upper }}{% elif b %}b{% else %}{{ b|default:'none' }}{% endif %}"
    assert render_template(text, {"a": "x", "b": "1"}) == "X"
    assert render_template(text, {"a": "", "b": ""}) == "none"
    assert render_template("{% verbatim %}{{ a }}{% endverbatim %}{% comment %}x{% endcomment %}", {}) == "{{ a }}"
    assert render_template("{{ a|truncatechars:3|lower }}", {"a": "ABCDEF"}) == "ab…"


@pytest.mark.parametrize(
    "tag",
    [
        "{% load static %}",
        "{% include 'admin/base.html' %}",
        "{% include name %}",
        "{% extends 'admin/base.html' %}",
        "{% block a %}{% endblock %}",
        "{% ssi '/etc/passwd' %}",
        "{% debug %}",
        "{% csrf_token %}",
        "{% url 'admin:index' %}",
        "{% for a in b %}{% endfor %}",
        "{% cycle 'a' 'b' %}",
        "{% with a=b %}{% endwith %}",
        "{% filter upper %}{% endfilter %}",
        "{% autoescape on %}{% endautoescape %}",
        "{% lorem 100000 w %}",
        "{% now 'Y' %}",
        "{% regroup a by b as c %}",
        "{% static 'x' %}",
        "{% trans 'x' %}",
        "{% querystring %}",
        "{% partialdef a %}{% endpartialdef %}",
    ],
)
def test_nothing_loads_includes_or_loops(tag: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=r"Invalid block tag.*A prompt has the tags comment, if, verbatim"):
        compile_template(tag)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ljust:999999999",
            "rjust:9",
            "center:9",
            "stringformat:'999999999d'",
            "floatformat:99999",
            "urlize",
            "pprint",
        ),
        *("striptags", "safe", "join:','", "make_list", "dictsort:'a'", "date:'Y'", "random", "wordwrap:5", "slugify"),
        *("escapejs", "json_script:'x'", "linebreaks", "add:'1'", "phone2numeric", "filesizeformat", "slice:':2'"),
    ],
)
def test_filters_that_could_leak_or_burn_time_are_not_there(name: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="Invalid filter"):
        compile_template("{{ a|" + name + " }}")


@pytest.mark.parametrize("expression", ["a.__class__", "a._meta", "a|default:b.__init__"])
def test_private_attributes_are_out_of_reach(expression: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="may not begin with underscores"):
        compile_template("{{ " + expression + " }}")


@pytest.mark.parametrize("name", ["settings", "request", "user", "perms", "csrf_token", "forloop", "block", "engine"])
def test_nothing_but_the_arguments_is_in_reach(name: str) -> None:
    assert render_template("[{{ " + name + " }}]", {"a": "x"}) == "[]"


def test_of_a_text_only_what_texts_have_is_in_reach() -> None:
    assert render_template("{{ a.upper }}{{ a.0 }}{{ a.format.im_self }}{{ a.password }}", {"a": "xy"}) == "XYx"


def test_the_engine_finds_no_template_and_no_library() -> None:
    assert engine().template_loaders == []
    assert engine().template_libraries == {}
    assert engine().template_context_processors[1:] == ()
    (library,) = engine().template_builtins
    assert (tuple(library.tags), tuple(library.filters)) == (TAGS, FILTERS)


def test_the_arguments_that_a_template_uses_are_found_wherever_they_stand() -> None:
    text = "{{ a }}{% if b|default:c == d and not e %}{{ f.upper }}{% elif g %}{{ a }}{% endif %}{{ 'x' }}{{ 1 }}"
    assert sorted(variables_of(text)) == list("abcdefg")
