"""The demo's second app: projects, their tasks, and files attached to a task."""

from django.conf import settings
from django.db import models


class Project(models.Model):
    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        DONE = "done", "Finished"

    name = models.CharField(max_length=100)
    slug = models.SlugField(unique=True, help_text="Names the project in its address")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="projects")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PLANNED)
    budget = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True, help_text="In euros")
    starts_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Task(models.Model):
    class Priority(models.IntegerChoices):
        LOW = 1, "Low"
        NORMAL = 2, "Normal"
        HIGH = 3, "High"

    project = models.ForeignKey(Project, models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=200)
    notes = models.TextField(blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    due = models.DateTimeField(null=True, blank=True)
    hours = models.FloatField(null=True, blank=True, editable=False, help_text="Hours spent")
    is_done = models.BooleanField("done", default=False, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title


class Attachment(models.Model):
    task = models.ForeignKey(Task, models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to="attachments/")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.file)
