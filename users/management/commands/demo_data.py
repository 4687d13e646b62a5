"""``manage.py demo_data``: the three users of the demo, a project with two tasks and a file, and a prompt."""

from typing import Any

from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from django.db import transaction

from config.projects.models import Attachment, Project, Task
from drf_mcp.models import Prompt
from users.models import User

USERS: list[dict[str, Any]] = [
    {"username": "admin", "email": "admin@example.com", "is_staff": True, "is_superuser": True},
    {"username": "johndoe", "email": "john@example.com"},
    {"username": "testuser", "email": "test@example.com", "is_active": False},
]


class Command(BaseCommand):
    help = "Create the demo's data; what is there already stays as it is."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for values in USERS:
            if User.objects.filter(username=values["username"]).exists():
                continue
            user = User(**values)
            user.set_password("admin" if user.is_superuser else "password123")
            user.save()
            self.stdout.write(f"Created {user.username}.")
        owner = User.objects.get(username="johndoe")
        project, is_new = Project.objects.get_or_create(slug="garden", defaults={"name": "Garden", "owner": owner})
        if is_new:
            task = Task.objects.create(project=project, title="Build a raised bed", priority=Task.Priority.HIGH)
            Task.objects.create(project=project, title="Sow radishes")
            plan = ContentFile(b"Four boards, 16 screws, and a bag of soil.\n", name="bed.txt")
            Attachment.objects.create(task=task, file=plan, note="What to buy")
            self.stdout.write("Created the project Garden.")
        prompt, is_new = Prompt.objects.get_or_create(
            name="plan_project",
            defaults={
                "title": "Plan a project",
                "description": "Find the first tasks of a new project",
                "template": "Name the first five tasks of a project called {{ name }}.{% if budget %} "
                "It may cost {{ budget }} euros.{% endif %}",
            },
        )
        if is_new:
            prompt.arguments.create(name="name", description="What the project is called")
            prompt.arguments.create(name="budget", description="In euros", is_required=False)
            self.stdout.write("Created the prompt for planning a project.")
