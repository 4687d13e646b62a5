"""One table. Nothing in it keeps a key from being there twice: that is what is looked for."""

from django.conf import settings
from django.db import models


class Item(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    key = models.CharField(max_length=60, db_index=True)
    text = models.TextField(blank=True)
    number = models.IntegerField(default=0)

    def __str__(self):
        return self.key
