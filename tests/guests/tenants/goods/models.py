"""What one shop sells."""

from django.db import models


class Good(models.Model):
    name = models.CharField(max_length=30)

    def __str__(self):
        return self.name
