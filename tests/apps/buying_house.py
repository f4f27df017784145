"""One order, step by step, as a browser takes it: what the tests of buying share."""

import re
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.apps import creditor, processor
from tests.apps.conftest import Secure
from tests.apps.processor import HOOK, approve, call, card
from tests.cast import staff
from troth.apps.buying import renewing
from troth.apps.buying.models import Order, Payment

BILL = {
    "billing_name": "Archer Pottery", "billing_address": "1 Kiln Lane\nSpringfield", "employees": "12",
    "period": "month", "country": "DE",
}  # fmt: skip


def set_up(settings: Any) -> None:
    """The processor and the credit checking service are at hand, within this process."""
    settings.TROTH_PROCESSORS = processor.PROCESSORS
    settings.TROTH_CREDIT = dict(creditor.SETTINGS)
    settings.TROTH_SECOND_FACTOR = False


def begun(client: Client, **typed: str) -> Any:
    """Send the billing form."""
    page = client.get("/checkout/").content.decode()
    token = re.search(r'name="submission" value="([^"]+)"', page)
    assert token
    return client.post("/checkout/", {**BILL, "submission": token[1], **typed})


def order_of(client: Client, **typed: str) -> Order:
    """An order that was just begun."""
    answer = begun(client, **typed)
    assert answer.status_code == 302
    found: Order = Order.objects.get(pk=answer["Location"].split("/")[2])
    return found


def press(client: Client, order: Order, act: str, **typed: str) -> str:
    """A button on the order's page; where it leads."""
    answer = client.post(f"/orders/{order.pk}/{act}/", typed)
    assert answer.status_code == 302
    return str(answer["Location"])


def told(client: Client, url: str, **changed: Any) -> int:
    """The processor calls."""
    body, headers = call(url, **changed)
    return int(client.post(HOOK, body, "application/json", headers=headers).status_code)


def verified(client: Client, order: Order) -> Order:
    """A card is shown to the processor, and works."""
    url = press(client, order, "verify")
    assert card(url) == "" and told(client, url) == 204
    return Order.objects.get(pk=order.pk)


def paid(client: Client, **typed: str) -> Order:
    """An order that was paid with a card."""
    order = verified(client, order_of(client, **typed))
    url = press(client, order, "pay")
    approve(url)
    assert told(client, url) == 204
    return Order.objects.get(pk=order.pk)


def page(client: Client, order: Order) -> str:
    """The order's page."""
    return str(client.get(f"/orders/{order.pk}/").content.decode())


def over(order: Order) -> None:
    """Whatever the order waits for is due now."""
    now = timezone.now()
    Order.objects.filter(pk=order.pk).update(next_try_at=now, paid_until=now)


def renewed() -> Payment:
    """The renewal that was just asked for."""
    renewing.renew_due()
    found: Payment = Payment.objects.filter(kind="renew").last()  # type: ignore[assignment]
    return found


def anton() -> Client:
    """An administrator's browser."""
    client = Secure(SERVER_NAME="localhost")
    client.force_login(staff("administrator", "anton@iplum.example").user)
    return client
