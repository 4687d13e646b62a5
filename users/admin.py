from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from drf_mcp.admin import CallsMixin

from .models import User

if TYPE_CHECKING:
    AdminBase = UserAdmin[User]
else:
    AdminBase = UserAdmin


@admin.register(User)
class AccountAdmin(CallsMixin, AdminBase):
    """Django's page of a user, with a link to what agents did in the user's name."""

    readonly_fields = ["date_joined"]  # the model sets it by itself
