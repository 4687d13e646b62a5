from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from drf_mcp.admin import CallsMixin

from .models import User


@admin.register(User)
class AccountAdmin(CallsMixin, UserAdmin):
    """Django's page of a user, with a link to what agents did in the user's name."""

    readonly_fields = ["date_joined"]  # the model sets it by itself

