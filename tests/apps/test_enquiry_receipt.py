"""Whoever deletes an enquiry by its page gets the signed receipt by mail, and the address is forgotten then."""

import json

from django.test import Client

from tests.apps.test_enquiries import thread_of
from tests.cast import ALICE, durable, enquiry_of
from tests.gate.conftest import Carrier, carrier  # noqa: F401 - a fixture
from tests.gate.test_farewell import attached, finish
from troth.gate.journal.integrating import begin_log
from troth.gate.outbound.models import Message
from troth.gate.subjects.models import Erasure, Farewell

pytestmark = durable


def test_the_receipt_of_a_deleted_enquiry_arrives(victor: Client, carrier: Carrier) -> None:  # noqa: F811
    begin_log()
    thread = thread_of(victor, enquiry_of())
    Message.objects.all().delete()  # the confirmation
    before = victor.get(f"{thread}delete/").content.decode()
    assert "until a signed receipt is on its way" in before
    after = victor.post(f"{thread}delete/").content.decode()
    assert "A signed receipt goes to the address of your enquiry" in after
    erasure = Erasure.objects.get()
    finish()
    assert [to for to, _ in carrier.taken] == [[ALICE["email"]]]
    assert json.loads(attached(carrier))["entry"] == erasure.entry
    assert not Farewell.objects.exists()


def test_a_second_press_sends_no_second_receipt(victor: Client, carrier: Carrier) -> None:  # noqa: F811
    begin_log()
    thread = thread_of(victor, enquiry_of())
    Message.objects.all().delete()
    assert [victor.post(f"{thread}delete/").status_code for _ in range(2)] == [200, 404]
    finish()
    assert len(carrier.taken) == 1
