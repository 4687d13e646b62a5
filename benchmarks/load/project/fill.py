"""``python -m benchmarks.load.project.fill CLIENTS``: the tables, and a user with a token and ten items for each."""

import sys

import django


def name_of(number):
    return f"caller{number:04}"


def token_of(number):
    return f"{number:040}"


def fill(clients):
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token

    from .models import Item

    call_command("migrate", verbosity=0, run_syncdb=True)
    users = [get_user_model()(username=name_of(number)) for number in range(clients)]
    get_user_model().objects.bulk_create(users)
    Token.objects.bulk_create(Token(user=user, key=token_of(number)) for number, user in enumerate(users))
    Item.objects.bulk_create(
        Item(owner=user, key=f"{user.username}-first-{number}", text="As long as a note mostly is. " * 5)
        for user in users
        for number in range(10)
    )


if __name__ == "__main__":
    django.setup()
    fill(int(sys.argv[1]))
