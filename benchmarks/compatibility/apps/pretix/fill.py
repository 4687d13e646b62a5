"""An organizer with an event, some things on sale and an order."""

import logging
from datetime import timedelta
from decimal import Decimal
from typing import Any

TEAM_TOKEN = "team-token-of-the-comparison"
OAUTH_TOKEN = "oauth-token-of-the-comparison"


def prepare() -> None:
    from django.core.management import call_command
    from django.utils.timezone import now
    from django_scopes import scopes_disabled
    from pretix.api.models import OAuthAccessToken, OAuthApplication
    from pretix.base.models import Event, Organizer, Team, User

    logging.disable(logging.WARNING)
    call_command("migrate", run_syncdb=True, verbosity=0)
    with scopes_disabled():
        organizer = Organizer.objects.create(name="Demo", slug="demo")
        event = Event.objects.create(
            organizer=organizer,
            name="Conference",
            slug="conf",
            currency="EUR",
            date_from=now() + timedelta(days=30),
            plugins="pretix.plugins.banktransfer,pretix.plugins.ticketoutputpdf,pretix.plugins.badges",
            live=True,
            is_public=True,
        )
        user = User.objects.create_superuser("admin@localhost", "admin")
        team = Team.objects.create(
            organizer=organizer,
            name="Admins",
            all_events=True,
            all_event_permissions=True,
            all_organizer_permissions=True,
        )
        team.members.add(user)
        team.tokens.create(name="comparison", token=TEAM_TOKEN)
        application = OAuthApplication.objects.create(
            name="comparison",
            redirect_uris="https://localhost/",
            client_type="confidential",
            authorization_grant_type="authorization-code",
            user=user,
        )
        access = OAuthAccessToken.objects.create(
            user=user,
            application=application,
            token=OAUTH_TOKEN,
            expires=now() + timedelta(days=365),
            scope="read write profile",
        )
        access.organizers.add(organizer)
        _things_on_sale(event, user, now())


def _things_on_sale(event: Any, user: Any, now: Any) -> None:
    from pretix.base.models import Item, Order, OrderPosition, Question, Quota

    from .more import make_more

    item = Item.objects.create(event=event, name="Ticket", default_price=Decimal("23.00"), admission=True)
    quota = Quota.objects.create(event=event, name="Tickets", size=200)
    quota.items.add(item)
    Question.objects.create(event=event, question="Which food?", type="S", identifier="FOOD")
    order = Order.objects.create(
        code="FOO23",
        event=event,
        email="guest@localhost",
        status=Order.STATUS_PAID,
        datetime=now,
        expires=now + timedelta(days=10),
        total=Decimal("23.00"),
        locale="en",
        sales_channel=event.organizer.sales_channels.get(identifier="web"),
    )
    order.payments.create(amount=Decimal("23.00"), provider="banktransfer", state="confirmed")
    OrderPosition.objects.create(order=order, item=item, price=Decimal("23.00"), positionid=1, secret="z" * 32)
    make_more(event, item, order, user, now)


def _of_series() -> dict[str, str]:
    """Dates of a series exist in an event that is one; the other event is none."""
    base = "/api/v1/organizers/{organizer}/events/{event}/subevents/"
    return {f"{base}{rest}:event": "series" for rest in ("", "{id}/", "{subevent}/seats/", "{subevent}/seats/{id}/")}


def access() -> dict[str, Any]:
    from django_scopes import scopes_disabled

    # For reading what exists; each request opens and closes its own scope all the same.
    scopes_disabled().__enter__()
    return {
        "authorization": f"Token {TEAM_TOKEN}",
        "given": {"organizer": "demo", "event": "conf", "output": "pdf", **_of_series()},
    }
