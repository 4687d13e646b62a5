"""What the demo offers MCP clients beside its ViewSets: a resource, a resource template and prompts."""

from typing import Annotated

from django.shortcuts import get_object_or_404
from rest_framework import serializers

from drf_mcp import prompt, resource

from .models import Project, Task


@resource("demo://about", title="About the demo")
def about() -> str:
    """What this project is."""
    return "The demo of drf_mcp: users, projects, their tasks, and files attached to a task."


@resource("demo://projects/{slug}/summary", title="Summary of a project", mime_type="text/markdown")
def summary(slug: str) -> str:
    """A project in one paragraph, with the number of its tasks."""
    project = get_object_or_404(Project, slug=slug)
    done = project.tasks.filter(is_done=True).count()
    return f"# {project.name}\n\n{project.get_status_display()}, {done} of {project.tasks.count()} tasks done.\n"


class ReportSerializer(serializers.Serializer[Project]):
    project = serializers.SlugRelatedField(
        slug_field="slug", queryset=Project.objects.all(), help_text="The project to report on"
    )
    audience = serializers.ChoiceField(choices=["customer", "team"], default="team", help_text="Who will read it")


@prompt(title="Report on a project", description="Write a report on the state of a project", arguments=ReportSerializer)
def project_report(project: Project, audience: str) -> str:
    open_tasks = [f"- {task.title}" for task in project.tasks.filter(is_done=False)]
    return "\n".join(
        [f"Write a short report on the project {project.name} for the {audience}. Open tasks:", *open_tasks]
    )


WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def days(value: str) -> list[str]:
    return [day for day in WEEKDAYS if day.lower().startswith(value.lower())]


@prompt(title="Plan a day", description="Choose the tasks for a day", completions={"day": days})
def plan_day(day: Annotated[str, "A day of the week"]) -> str:
    open_tasks = [f"- {task.title}" for task in Task.objects.filter(is_done=False)]
    return "\n".join([f"Choose what to do on {day}, and in which order. Open tasks:", *open_tasks])
