"""The rows that payloads refer to by key."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid

from django.db import connection

from . import models

DEN = uuid.UUID("11111111-2222-4333-8444-555555555555")
POND = uuid.UUID("99999999-aaaa-4bbb-8ccc-dddddddddddd")
NOWHERE = uuid.UUID("00000000-0000-4000-8000-000000000000")


def reach(column: str) -> tuple[int, int]:
    """The least and the greatest number that a column of the database in use can hold."""
    low, high = connection.ops.integer_field_range(column)
    return low, high


def beyond(column: str) -> tuple[int, int]:
    """The numbers next to them."""
    low, high = reach(column)
    return low - 1, high + 1


def make_world() -> None:
    """Fill an empty database."""
    ann = models.Keeper.objects.create(pk=1, name="Ann", email="ann@zoo.test")
    models.Keeper.objects.create(pk=2, name="Bob", email="bob@zoo.test")
    den = models.Enclosure.objects.create(pk=DEN, title="Den")
    models.Enclosure.objects.create(pk=POND, title="Pond")
    lion = models.Species.objects.create(slug="lion", latin="Panthera leo")
    models.Species.objects.create(slug="newt", latin="Triturus")
    loud = models.Tag.objects.create(pk=1, name="loud")
    models.Tag.objects.create(pk=2, name="shy", active=False)
    leo = models.Animal.objects.create(
        pk=1, name="Leo", species=lion, enclosure=den, born=dt.date(2020, 2, 29), weight=decimal.Decimal("190.50")
    )
    leo.keepers.add(ann)
    leo.tags.add(loud)
    models.Animal.objects.create(pk=2, name="Nix", species_id="newt", legs=2)
    passport = models.Passport.objects.create(animal=leo, number="P1")
    models.Stamp.objects.create(pk=1, passport=passport, enclosure=den, country="KE")
    models.Stamp.objects.create(pk=2, passport=passport, country="TZ")
    root = models.Tree.objects.create(pk=1, label="root")
    models.Tree.objects.create(pk=2, label="leaf", parent=root)
    models.Booking.objects.create(pk=1, enclosure=den, day=dt.date(2024, 5, 1), seat=1, name="Zed")
    visit = models.Visit.objects.create(pk=1, animal=leo)
    visit.friends.add(models.Visit.objects.create(pk=2, animal=leo, keeper=ann, length=dt.timedelta(minutes=5)))
