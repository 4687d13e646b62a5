"""What the guests' projects store."""

from __future__ import annotations

from django.db import models
from polymorphic.models import PolymorphicModel


class Row(models.Model):
    class Meta:
        abstract = True

    def __str__(self):
        return f"{type(self).__name__} {self.pk}"


class Domain(Row):
    name = models.CharField(max_length=50)


class Nameserver(Row):
    ip = models.GenericIPAddressField()
    domain = models.ForeignKey(Domain, models.CASCADE, related_name="nameservers")


class Record(Row):
    text = models.CharField(max_length=50)
    nameserver = models.ForeignKey(Nameserver, models.CASCADE, related_name="records")


class Artwork(PolymorphicModel):
    topic = models.CharField(max_length=30)


class Painting(Artwork):
    artist = models.CharField(max_length=30)
    size = models.CharField(max_length=10)


class Sculpture(Artwork):
    size = models.IntegerField(help_text="In centimetres")
    material = models.CharField(max_length=30, blank=True)


class Profile(Row):
    nickname = models.CharField(max_length=30)


class Link(Row):
    profile = models.ForeignKey(Profile, models.CASCADE, related_name="links")
    url = models.CharField(max_length=100)


class Author(Row):
    first_name = models.CharField(max_length=30, help_text="What friends call her")
    birth_date = models.DateField(null=True)
    line_1 = models.CharField(max_length=30, blank=True)
    line2 = models.CharField(max_length=30, blank=True)
