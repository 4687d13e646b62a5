"""The prompts and the resource of the third and the fourth seed, which are two servers."""

from __future__ import annotations

from typing import Annotated

from drf_mcp import prompt, resource
from drf_mcp.conf import mcp_settings

if mcp_settings.SERVER_INFO["name"] == "math-server":

    @prompt(description="General Math Problem Solving Prompt")
    def problem_solving(problem: Annotated[str, "The problem to solve"]) -> str:
        return (
            "You are a math problem solver.\n"
            "Solve the following problem step by step and provide the final simplified answer.\n\n"
            f"Problem: {problem}\n\n"
            "Output:\n1. Step-by-step reasoning\n2. Final answer in simplest form\n"
        )

else:

    @resource(
        "file://project-info",
        name="Project Information",
        description="Information about this MCP server project",
        mime_type="text/plain",
    )
    def project_info() -> str:
        return "MCP Learning Server\\n===================="

    @prompt(name="code-review", description="Code review prompt")
    def code_review(code: str, language: str) -> str:
        return f"Please review the following {language} code...\n\n{code}"
