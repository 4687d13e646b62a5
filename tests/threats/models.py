"""Rows to attack."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models


class Note(models.Model):  # noqa: DJ008
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    text = models.TextField()
    secret = models.CharField(max_length=40, default="never shown")
    size = models.IntegerField(default=0)
    is_official = models.BooleanField(default=False)


class Report(models.Model):  # noqa: DJ008
    title = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=[("a", "First kind"), ("b", "Second kind")], default="a")


class Membership(models.Model):  # noqa: DJ008
    group = models.ForeignKey(Group, models.CASCADE)
    title = models.CharField(max_length=100)


class Entry(models.Model):  # noqa: DJ008
    text = models.CharField(max_length=100)
