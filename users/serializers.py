"""What the API shows of a user, and takes."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from rest_framework import serializers

from .models import User


class UserSerializer(serializers.ModelSerializer[User]):
    password = serializers.CharField(write_only=True, label="Password", trim_whitespace=False)

    class Meta:
        model = User
        fields = ["id", "username", "email", "password", "is_active", "date_joined"]
        read_only_fields = ["is_active", "date_joined"]

    def validate_password(self, value: str) -> str:
        validate_password(value)
        return value

    def create(self, validated_data: dict[str, Any]) -> User:
        return User.objects.create_user(**validated_data)

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        if "password" in validated_data:
            instance.set_password(validated_data.pop("password"))
        return super().update(instance, validated_data)
