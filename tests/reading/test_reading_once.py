"""How often source is read: files that several views lead to are parsed for the first, however many they are."""

from __future__ import annotations

import ast
import importlib
from typing import Any

from tests.factories import routed, tools_of

FILES = 40
VIEWS = """
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet
{imports}

class First(ViewSet):
    @action(detail=False)
    def first(self, request):
        return Response([{calls}])

class Second(ViewSet):
    @action(detail=False)
    def second(self, request):
        return Response([{calls}])
"""


def test_the_files_that_several_views_lead_to_are_parsed_once(tmp_path, monkeypatch) -> None:
    for number in range(FILES):
        (tmp_path / f"counted_{number}.py").write_text(f"def count_{number}():\n    return {number}\n")
    imports = "\n".join(f"from counted_{number} import count_{number}" for number in range(FILES))
    calls = ", ".join(f"count_{number}()" for number in range(FILES))
    (tmp_path / "counting_views.py").write_text(VIEWS.format(imports=imports, calls=calls))
    monkeypatch.syspath_prepend(str(tmp_path))
    views = importlib.import_module("counting_views")
    parse, parsed = ast.parse, []

    def listen(source: Any, *args: Any, **kwargs: Any) -> Any:
        parsed.append(source)
        return parse(source, *args, **kwargs)

    monkeypatch.setattr(ast, "parse", listen)
    tools = tools_of(*routed(views.First, views.Second))
    assert tools["first"].annotations["readOnlyHint"]
    assert tools["second"].annotations["readOnlyHint"]
    assert len([source for source in parsed if source.startswith("def count_")]) == FILES
