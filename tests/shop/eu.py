"""The app ``eu``, whose names could be mistaken for those of the app ``shop_eu``."""

from django.db import models


class Item(models.Model):
    reason = models.CharField(max_length=50)

    class Meta:
        app_label = "eu"
        managed = False
        ordering = ["id"]
        db_table = "shop_attempt"

    def __str__(self):
        return self.reason
