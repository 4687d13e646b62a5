"""``python -m benchmarks.project.fill``: make the database and print the token of its one user."""

import datetime as dt
import sys

import django
from django.core.management import call_command

from benchmarks.others import TOKEN

ROWS = 100


def fill():
    """Make the tables, a user with a token, and the rows.

    Returns:
        The key of the token.
    """
    from django.contrib.auth import get_user_model
    from rest_framework.authtoken.models import Token

    from .models import Product

    call_command("migrate", run_syncdb=True, verbosity=0)
    Product.objects.bulk_create(
        Product(
            sku=f"SKU-{number:04}",
            name=f"Product number {number}",
            description=f"What product {number} is good for, in a sentence as long as such sentences are.",
            category=Product.Category.values[number % 3],
            price=f"{number}.95",
            stock=number * 7 % 50,
            is_active=number % 5 != 0,
            released=dt.date(2025, 1, 1) + dt.timedelta(days=number),
        )
        for number in range(1, ROWS + 1)
    )
    user = get_user_model().objects.create_user("caller")
    return Token.objects.create(user=user, key=TOKEN).key


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(fill())
