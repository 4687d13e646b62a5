"""One object of each kind that pretix's API does not make from a handful of plain values."""

from datetime import timedelta
from decimal import Decimal
from typing import Any


def make_more(event: Any, item: Any, order: Any, user: Any, now: Any) -> None:
    from pretix.base.models import (
        CheckinList,
        Customer,
        Discount,
        Event,
        GiftCard,
        ItemAddOn,
        ItemBundle,
        ItemCategory,
        ItemVariation,
        MembershipType,
        ReusableMedium,
        SeatingPlan,
        Voucher,
        WaitingListEntry,
    )
    from pretix.base.services.invoices import generate_invoice

    organizer = event.organizer
    shirts = ItemCategory.objects.create(event=event, name="Shirts")
    shirt = event.items.create(name="Shirt", default_price=Decimal("12.00"), category=shirts)
    ItemVariation.objects.create(item=shirt, value="XL")
    ItemAddOn.objects.create(base_item=item, addon_category=shirts)
    ItemBundle.objects.create(base_item=item, bundled_item=shirt, count=1)
    CheckinList.objects.create(event=event, name="Door", all_products=True)
    Voucher.objects.create(event=event, item=item, code="VOUCHER23")
    Discount.objects.create(event=event, internal_name="Three for two", condition_min_count=3, active=True)
    WaitingListEntry.objects.create(event=event, item=item, email="waiting@localhost")
    GiftCard.objects.create(issuer=organizer, currency="EUR").transactions.create(value=Decimal(5), acceptor=organizer)
    customer = Customer.objects.create(organizer=organizer, identifier="CUST23", email="customer@localhost")
    kind = MembershipType.objects.create(organizer=organizer, name="Member")
    customer.memberships.create(membership_type=kind, date_start=now, date_end=now + timedelta(days=365))
    ReusableMedium.objects.create(organizer=organizer, type="barcode", identifier="MEDIUM23")
    SeatingPlan.objects.create(organizer=organizer, name="Hall", layout='{"name": "Hall", "zones": []}')
    organizer.devices.create(name="Scanner", all_events=True)
    organizer.meta_properties.create(name="Kind", default="talk")
    event.item_meta_properties.create(name="Colour", default="red")
    event.tax_rules.create(rate=Decimal("19.00"), name="VAT")
    hook = organizer.webhooks.create(target_url="https://example.com/hook", all_events=True)
    hook.listeners.create(action_type="pretix.event.order.placed")
    order.refunds.create(amount=Decimal("3.00"), provider="manual", state="created", source="admin")
    order.fees.create(fee_type="payment", value=Decimal("0.00"))
    generate_invoice(order)
    event.sendmail_rules.create(subject="Hello", template="Hello", send_date=now + timedelta(days=2), all_products=True)
    series = Event.objects.create(
        organizer=organizer,
        name="Series",
        slug="series",
        currency="EUR",
        date_from=now + timedelta(days=30),
        has_subevents=True,
    )
    series.subevents.create(name="Monday", date_from=now + timedelta(days=31), active=True)
    order.all_positions.first().all_checkins.create(list=event.checkin_lists.first(), datetime=now)
