"""Several payment processors: the buyer chooses, a payment remembers whose it is, nobody tells of another's."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.apps import processor
from tests.apps.processor import HOOK, InProcess, approve, card, signed
from tests.apps.test_buying import order_of, over, page, paid, press, qualified, told
from tests.cast import durable
from tests.workspaces.customers import browser, customer
from troth.apps.buying import renewing, settling
from troth.apps.buying.models import Invoice, Order, Payment, PaymentMethod
from troth.config.environment import SettingError
from troth.config.processors import processors
from troth.gate.outbound import sandbox
from troth.gate.outbound.payments import Asked, Session
from troth.sandbox.book import Book

pytestmark = durable
OTHER_HOOK = HOOK.replace("sandbox", "other")


class Other(InProcess):
    """A second processor, with a book of its own; it loses its answers when told to."""

    name = "other"
    book = Book()
    loses = False

    def begin(self, asked: Asked) -> Session:
        made = super().begin(asked)
        if type(self).loses:
            type(self).is_away = True
            self._reached()
        return made


@pytest.fixture(autouse=True)
def two_processors(settings: Any) -> Iterator[None]:
    one = processor.PROCESSORS["sandbox"]
    other = {**one, "class": "tests.apps.test_processors.Other", "secret": "of the other", "label": "PayPal"}
    settings.TROTH_PROCESSORS = {"sandbox": {**one, "label": "Card"}, "other": other}
    settings.TROTH_SECOND_FACTOR = False
    yield
    InProcess.is_away = Other.is_away = Other.loses = False


@pytest.fixture
def as_alice() -> Client:
    return browser(customer())


def verified_by_other(client: Client, order: Order) -> str:
    """Alice chooses the second processor, and shows it something that works; its page."""
    answer = client.post(f"/orders/{order.pk}/verify/", {"processor": "other"})
    url = str(answer["Location"])
    asking = Other.book.find(processor.session_of(url))
    assert asking and Other.book.use_card(asking, processor.GOOD) == ""
    client.get(f"/orders/{order.pk}/return/")
    return url


def other_says(url: str) -> tuple[bytes, Any]:
    """What the second processor tells of a session."""
    asking = Other.book.find(processor.session_of(url))
    assert asking
    return signed(sandbox.json.dumps(asking.told()).encode(), secret="of the other")


def test_the_buyer_chooses_and_the_payment_remembers(as_alice: Client) -> None:
    order = order_of(as_alice)
    text = page(as_alice, order)
    assert 'value="sandbox">Card' in text and 'value="other">PayPal' in text
    form = text.partition(f'action="/orders/{order.pk}/verify/"')[2].partition("</form>")[0]
    assert 'name="csrfmiddlewaretoken"' in form
    policy = as_alice.get(f"/orders/{order.pk}/")["Content-Security-Policy"]
    assert "form-action 'self' https://pay.localhost:1" in policy
    verified_by_other(as_alice, order)
    assert PaymentMethod.objects.get().processor == "other" == Payment.objects.get().processor
    url = press(as_alice, order, "pay")
    assert (
        Other.book.find(processor.session_of(url)) and Payment.objects.get(kind="charge").processor == "other"
    )


def test_a_processor_that_there_is_not_is_the_first(as_alice: Client) -> None:
    order = order_of(as_alice)
    as_alice.post(f"/orders/{order.pk}/verify/", {"processor": "<guessed>"})
    assert Payment.objects.get().processor == "sandbox"


def test_a_processor_tells_of_its_own_payments_only(as_alice: Client) -> None:
    order = qualified(as_alice)
    url = press(as_alice, order, "pay")
    approve(url)
    body, _ = processor.call(url)
    body, headers = signed(body, secret="of the other")
    assert as_alice.post(OTHER_HOOK, body, "application/json", headers=headers).status_code == 404
    assert as_alice.post(HOOK, body, "application/json", headers=headers).status_code == 400
    assert as_alice.post("/payments/hook/none/", body, "application/json", headers=headers).status_code == 404
    assert Order.objects.get().state == "qualified"
    assert told(as_alice, url) == 204 and Order.objects.get().state == "active"


def test_who_changes_over_while_a_payment_is_open_pays_once(as_alice: Client) -> None:
    order = qualified(as_alice)
    old = press(as_alice, order, "pay")
    verified_by_other(as_alice, order)
    new = press(as_alice, order, "pay")
    approve(old)  # called off before the other was asked
    assert told(as_alice, old) == 204 and Order.objects.get().state == "qualified"
    asking = Other.book.find(processor.session_of(new))
    assert asking
    Other.book.approve(asking)
    body, headers = other_says(new)
    assert as_alice.post(OTHER_HOOK, body, "application/json", headers=headers).status_code == 204
    assert Order.objects.get().state == "active" and Invoice.objects.count() == 1
    assert [each.state for each in Payment.objects.filter(kind="charge")] == ["failed", "done"]


def test_who_paid_before_changing_over_is_not_charged_again(as_alice: Client) -> None:
    order = qualified(as_alice)
    old = press(as_alice, order, "pay")
    approve(old)  # and its call is late
    verified_by_other(as_alice, order)
    press(as_alice, order, "pay")
    assert Order.objects.get().state == "active" and Payment.objects.filter(kind="charge").count() == 1


def test_a_charge_whose_answer_was_lost_is_found_again_and_called_off_not_doubled(as_alice: Client) -> None:
    order = order_of(as_alice)
    verified_by_other(as_alice, order)
    Other.loses = True
    assert press(as_alice, order, "pay") == f"/orders/{order.pk}/"
    assert Payment.objects.get(kind="charge").session is None and len(asked_of_other("charge", order)) == 1
    url = press(as_alice, order, "verify")
    card(url)
    assert told(as_alice, url) == 204
    assert press(as_alice, order, "pay") == f"/orders/{order.pk}/", "while the other is away, nobody is asked"
    assert Payment.objects.filter(kind="charge").count() == 1
    Other.is_away = Other.loses = False
    approve(press(as_alice, order, "pay"))
    assert [each.outcome for each in asked_of_other("charge", order)] == ["failed"]
    as_alice.get(f"/orders/{order.pk}/return/")
    assert Order.objects.get().state == "active" and Invoice.objects.count() == 1


def asked_of_other(kind: str, order: Order) -> list[Any]:
    return [
        each for each in Other.book._by_id.values() if (each.kind, each.reference) == (kind, str(order.pk))
    ]


def test_the_other_is_chosen_though_the_first_is_away(as_alice: Client) -> None:
    order = order_of(as_alice)
    InProcess.is_away = True
    assert press(as_alice, order, "verify") == f"/orders/{order.pk}/"
    Other.is_away = False
    verified_by_other(as_alice, order)
    assert Order.objects.get().state == "qualified"


def test_what_nobody_told_us_is_looked_for(as_alice: Client) -> None:
    order = paid(as_alice)
    over(order)
    renewing.renew_due()
    assert settling.look_after() == 0, "there is time yet to be told"
    Payment.objects.filter(kind="renew").update(made_at=timezone.now() - timedelta(minutes=5))
    InProcess.is_away = True
    assert settling.look_after() == 0
    InProcess.is_away = False
    assert settling.look_after() == 1 and Invoice.objects.count() == 2
    assert settling.look_after() == 0


def test_a_renewal_asks_again_with_what_it_was_begun_with_and_tells_no_other_processor_of_it(
    as_alice: Client,
) -> None:
    order = paid(as_alice)
    over(order)
    InProcess.is_away = True
    renewing.renew_due()
    Other.is_away = InProcess.is_away = False
    begun = Payment.objects.get(kind="renew")
    verified_by_other(as_alice, order)
    over(order)
    renewing.renew_due()
    begun.refresh_from_db()
    (asking,) = [each for each in InProcess.book._by_id.values() if each.key == str(begun.pk)]
    assert asking.outcome == "done", "the first processor got the reference that it gave out itself"


# -- what the company's file and the files with secrets say


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "stripe.toml"
    path.write_text('key = "sk_test_1"\nwebhook = "whsec_1"\n')
    monkeypatch.setenv("TROTH_STRIPE_SECRETS", str(path))
    other = tmp_path / "paypal.toml"
    other.write_text('client = "c"\nsecret = "s"\nwebhook = "w"\n')
    monkeypatch.setenv("TROTH_PAYPAL_SECRETS", str(other))
    return path


def test_two_processors_come_out_of_the_companys_file_in_its_order(secrets: Path) -> None:
    rows = [
        {"kind": "stripe", "recipient": "cards"},
        {"kind": "paypal", "recipient": "paypal", "country": "LU"},
    ]
    found = processors({"processor": rows}, False, 8443)
    assert list(found) == ["stripe", "paypal"] and found["stripe"]["key"] == "sk_test_1"
    assert (found["paypal"]["country"], found["paypal"]["origin"]) == ("LU", "https://*.paypal.com")
    assert list(processors({}, True, 8443)) == ["sandbox"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"kind": "square"}, "write one of sandbox, stripe, paypal"),
        ({"kind": "stripe", "api": "http://pay.example"}, "begins with https://"),
        ({"kind": "stripe", "pages": "frames"}, "write hosted or intents"),
        ({"kind": "stripe", "pages": "intents"}, "has no `page`"),
        ([{"kind": "paypal"}, {"kind": "paypal"}], "leave one out"),
        ([{"kind": "paypal"}, {"kind": "stripe"}], "define a word for each"),
    ],
    ids=["kind", "api", "pages", "page", "twice", "one recipient"],
)
def test_a_processor_that_cannot_be_is_refused_with_one_line(secrets: Path, row: Any, words: str) -> None:
    with pytest.raises(SettingError) as refused:
        processors({"processor": row}, False, 8443)
    assert words in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [("key = 'sk_live_1'\nwebhook = 'w'", "test key only"), ("key = 'sk_test_1'", "no `webhook`"),
     ("key = ''\nwebhook = 'w'", "no `key`"), ("sk_live_1", "cannot be read")],
    ids=["live", "half", "empty", "none"],
)  # fmt: skip
def test_a_file_of_secrets_that_cannot_be_used_is_named_and_not_repeated(
    secrets: Path, text: str, words: str
) -> None:
    secrets.write_text(text)
    with pytest.raises(SettingError) as refused:
        processors({"processor": {"kind": "stripe"}}, True, 8443)
    assert words in str(refused.value) and "TROTH_STRIPE_SECRETS" in str(refused.value)
    assert "_live_" not in str(refused.value)
