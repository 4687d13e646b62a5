"""Times as the project keeps them: with their zone or, where ``USE_TZ`` is off, in the project's own and without it."""

from __future__ import annotations

from datetime import date, datetime, time

from django.conf import settings
from django.utils import timezone


def as_kept(moment: datetime) -> datetime:
    """A moment as the database takes it.

    Args:
        moment: With its time zone.
    """
    return moment if settings.USE_TZ else timezone.make_naive(moment, timezone.get_default_timezone())


def local(moment: datetime) -> datetime:
    """A moment from the database in the current time zone."""
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def midnight(day: date) -> datetime:
    """When a day begins in the current time zone."""
    begin = datetime.combine(day, time())
    return timezone.make_aware(begin) if settings.USE_TZ else begin
