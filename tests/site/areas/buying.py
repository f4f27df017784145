"""Buying, as Olga does it for her company: an order that was paid, and one that was declined."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Response

from tests.site.pages import Cast, Shown, press

BILLED = "Brickworks of the Three Valleys, Kilns and Sons, Limited Partnership under Liquidation"
PLAN = "?employees=12&period=year&country=DE"


def fill(cast: Cast) -> None:
    """Olga orders twice: the first card is declined, the second works and pays."""
    page = cast.screen("olga")
    cast.at["declined"] = begin(cast, page)
    verify(page, "4000 0000 0000 0002")
    cast.at["order"] = begin(cast, page)
    verify(page, "4242 4242 4242 4242")
    pay(page)
    cast.at["invoice"] = "/" + (page.locator("a[href^='/invoices/']").get_attribute("href") or "").lstrip("/")
    cast.at["billed"] = begin(cast, page)
    by_invoice(page)
    cast.at["begun"] = begin(cast, page)


def begin(cast: Cast, page: Page) -> str:
    """Send the billing form; the order's page."""
    cast.go(page, f"/checkout/{PLAN}")
    page.get_by_label("Billing name").fill(BILLED)
    page.get_by_label("Billing address").fill("1 Kiln Lane\nSpringfield")
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(re.compile(r"/orders/[0-9a-f-]{36}/$"))
    return "/" + page.url.split("/", 3)[3]


def verify(page: Page, number: str) -> None:
    """Show a card to the processor, on its own page."""
    page.get_by_role("button", name="Verify how you pay").click()
    page.wait_for_url(re.compile(r"^https://pay\.localhost:\d+/pay/"))
    page.get_by_label("Card number").fill(number)
    page.get_by_role("button", name="Use this card").click()
    settled(page)


def pay(page: Page) -> None:
    """Confirm the payment on the processor's page."""
    page.get_by_role("button", name="Order and pay").click()
    page.wait_for_url(re.compile(r"^https://pay\.localhost:\d+/pay/"))
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    settled(page)


def by_invoice(page: Page) -> None:
    """Agree to a credit check, wait for its answer, and order."""
    page.get_by_role("link", name="Pay by invoice instead").click()
    page.get_by_label(re.compile("^I agree that")).check()
    page.get_by_role("button", name="Have it checked").click()
    page.get_by_role("button", name="Order, and pay by invoice").click(timeout=30_000)
    page.get_by_role("heading", name="Thank you").wait_for()


def settled(page: Page) -> None:
    """Wait until the processor has told what became of it."""
    page.wait_for_url(re.compile(r"https://localhost:\d+/orders/[0-9a-f-]{36}/$"))


def wrong_price(page: Page) -> Response:
    """The price list, asked for no employees at all."""
    return press("Work it out", employees="0")(page)


APPOINTED: dict[str, Callable[[Cast, Page], None]] = {}
SHOWN: tuple[Shown, ...] = (
    Shown("services", "visitor", "/services/"),
    Shown("services, with a price", "visitor", f"/services/{PLAN}"),
    Shown("services, with errors", "visitor", "/services/", 422, wrong_price),
    Shown("checkout", "olga", f"/checkout/{PLAN}"),
    Shown(
        "checkout, with errors", "olga", "/checkout/", 422, press("Go on", billing_name="4242 4242 4242 4242")
    ),
    Shown("checkout, for who may not", "ivan", "/checkout/", 403),
    Shown("orders", "olga", "/orders/"),
    Shown("order, begun", "olga", "{begun}"),
    Shown("order, declined", "olga", "{declined}"),
    Shown("order", "olga", "{order}"),
    Shown("order-check", "olga", "{begun}check/?by=invoice"),
    Shown("order-check, with errors", "olga", "{begun}check/?by=invoice", 422, press("Have it checked")),
    Shown("order, by invoice", "olga", "{billed}"),
    Shown("order-plan", "olga", "{order}plan/"),
    Shown("order-plan, with errors", "olga", "{order}plan/", 422, press("Change it", employees="0")),
    Shown("invoice", "olga", "{invoice}"),
    Shown("office-orders", "administrator", "/office/orders/"),
    Shown("office-orders, none", "administrator", "/office/orders/?state=ended&means=invoice"),
    Shown("office-order", "administrator", "/office{order}"),
    Shown("office-order, by invoice", "administrator", "/office{billed}"),
    Shown("office-invoices", "administrator", "/office/invoices/"),
    Shown("office-invoices, none", "administrator", "/office/invoices/?state=back"),
)
NO_PAGES: dict[str, str] = {
    "order-ask-person": "a button", "order-check-take-back": "a button", "order-invoice": "a button",
    "office-paid": "a button", "office-paid-alone": "a button",
    "order-verify": "a button", "order-contest": "a button", "order-pay": "a button", "order-return": "leads on",
    "order-cancel": "a button", "order-take-back": "a button",
    "payments-hook": "the processor's", "office-refund": "a button",
}  # fmt: skip
