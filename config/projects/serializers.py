"""What the API shows of projects, and takes."""

from rest_framework import serializers

from .models import Attachment, Project, Task


class ProjectSerializer(serializers.ModelSerializer[Project]):
    class Meta:
        model = Project
        fields = ["id", "name", "slug", "owner", "status", "budget", "starts_on"]


class TaskSerializer(serializers.ModelSerializer[Task]):
    class Meta:
        model = Task
        fields = ["id", "title", "notes", "priority", "due", "hours", "is_done"]


class CompleteTaskSerializer(serializers.Serializer[Task]):
    hours = serializers.FloatField(min_value=0, help_text="Hours spent on the task")
    notes = serializers.CharField(required=False, help_text="What is worth remembering")


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    class Meta:
        model = Attachment
        fields = ["id", "task", "file", "note"]
