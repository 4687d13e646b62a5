"""``manage.py mcp_clear_clients``: forget clients that registered themselves and that nobody uses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from oauth2_provider.models import (
    get_access_token_model,
    get_application_model,
    get_grant_model,
    get_refresh_token_model,
    refresh_token_expire_timedelta,
)

BATCH = 500
NEVER_USED_AFTER = timedelta(days=1)


class Command(BaseCommand):
    """Deletes what a client may make again at any time; clients that the site registered stay."""

    help = "Delete clients that registered themselves and hold no token that is or was lately good."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--days`` and ``--dry-run``."""
        parser.add_argument(
            "--days", type=int, default=30, help="how long a client is kept after its last token has expired"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def handle(self, *args: Any, days: int, dry_run: bool, **options: Any) -> None:
        """Delete them, a batch at a time, and say how many there were."""
        clients = unused_clients(timedelta(days=days))
        count = clients.count() if dry_run else sum(iter(lambda: _delete_batch(clients), 0))
        self.stdout.write(f"{count} clients {'could be deleted' if dry_run else 'deleted'}.")


def unused_clients(kept_for: timedelta) -> QuerySet[Any]:
    """Clients that registered themselves and hold nothing, or nothing that was good lately.

    One that nobody ever allowed anything is kept for a day, in which that may still happen.

    Args:
        kept_for: How long a client is kept after its last token has expired.
    """
    application = get_application_model()
    now = timezone.now()
    mine = {"application": OuterRef("pk")}
    life = refresh_token_expire_timedelta()
    is_refreshable = Q() if life is None else Q(access_token__expires__gt=now - kept_for - life)
    tokens = get_access_token_model().objects.filter(**mine, user__isnull=False)
    refresh_tokens = get_refresh_token_model().objects.filter(is_refreshable, **mine, revoked__isnull=True)
    grants = get_grant_model().objects.filter(**mine, expires__gt=now)
    clients: QuerySet[Any] = (
        application.objects.exclude(registration_source=application.RegistrationSource.MANUAL)
        .filter(~Exists(grants), ~Exists(tokens.filter(expires__gt=now - kept_for)), ~Exists(refresh_tokens))
        .filter(Q(created__lt=now - kept_for) | Q(~Exists(tokens), created__lt=now - NEVER_USED_AFTER))
        .order_by("pk")
    )
    return clients


@transaction.atomic
def _delete_batch(clients: QuerySet[Any]) -> int:
    # A token that is made meanwhile wants a lock on its client's row, and waits.
    batch = list(clients.values_list("pk", flat=True)[:BATCH])
    locked = get_application_model().objects.select_for_update().filter(pk__in=batch)
    list(locked.values_list("pk", flat=True))
    _, deleted = clients.filter(pk__in=batch).delete()
    return deleted.get(get_application_model()._meta.label, 0)
