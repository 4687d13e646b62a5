"""The demo's user: Django's, with short labels and an e-mail address that nobody shares."""

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models


class User(AbstractUser):
    username = models.CharField(
        "username",
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": "A user with that username already exists."},
    )
    email = models.EmailField("email", unique=True)
    password = models.CharField("password", max_length=128)
    is_active = models.BooleanField("active", default=True)
    date_joined = models.DateTimeField("created", auto_now_add=True)

    class Meta(AbstractUser.Meta):
        ordering = ["id"]
