"""The receipt of an erasure: mailed to an address that is erased as well, and checkable by anybody."""

import email
import json
import subprocess
import sys
from datetime import timedelta
from email.message import Message as Mail
from pathlib import Path

from tests.cast import ALICE, durable, enquiry_of
from tests.gate.at_the_prompt import tables_holding
from tests.gate.conftest import Carrier, Clock
from troth.gate.journal import log
from troth.gate.journal.integrating import begin_log, integrate
from troth.gate.journal.models import Checkpoint
from troth.gate.keystore.models import DataKey
from troth.gate.outbound.mail import deliver_due
from troth.gate.outbound.models import Message
from troth.gate.outbound.receipts import send_receipts
from troth.gate.subjects.erase import erase
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.models import DataSubject, Erasure, Farewell
from troth.gate.uses import SYSTEM

pytestmark = durable


def erase_alice() -> Erasure:
    begin_log()
    enquiry = enquiry_of()
    Message.objects.all().delete()
    return erase(enquiry.owner_id.hex, SYSTEM, receipt_to=ALICE["email"])


def finish() -> None:
    """What the worker does within a few seconds."""
    for _ in range(3):
        finish_erasures()
        integrate()
        send_receipts()
        deliver_due()


def attached(carrier: Carrier) -> bytes:
    mail: Mail = email.message_from_bytes(carrier.taken[0][1])
    part = next(part for part in mail.walk() if part.get_filename() == "receipt.json")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def test_the_receipt_arrives_when_all_is_done_and_an_outsider_can_check_it(
    carrier: Carrier, tmp_path: Path
) -> None:
    erasure = erase_alice()
    send_receipts()
    deliver_due()
    assert not carrier.taken, "a receipt went out before the purge"
    finish()
    assert [to for to, _ in carrier.taken] == [[ALICE["email"]]]
    (tmp_path / "receipt.json").write_bytes(attached(carrier))
    told = json.loads(attached(carrier))
    (tmp_path / "checkpoint").write_text(
        Checkpoint.objects.get(size=told["log"]["size"]).note, encoding="utf-8"
    )
    assert told["entry"] == erasure.entry and ALICE["email"] not in json.dumps(told)
    checked = subprocess.run(
        [sys.executable, "-S", "-E", "-m", "troth.verify", tmp_path / "receipt.json", tmp_path / "checkpoint",
         "--vkey", log.vkey()],
        cwd=Path(__file__).parents[2] / "src", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_nothing_of_it_stays(carrier: Carrier) -> None:
    erase_alice()
    finish()
    assert not Farewell.objects.exists()
    # What is left are the desks of those who were told, which are nobody's.
    assert set(DataSubject.objects.values_list("kind", flat=True)) == {"staff"}
    assert DataKey.objects.count() == DataSubject.objects.count()
    assert set(Erasure.objects.values_list("state", "subject", "farewell")) == {("done", "", "")}
    assert tables_holding(ALICE["email"].encode()) == []


def test_a_carrier_that_is_down_for_a_day_gets_it_later(
    carrier: Carrier, set_clock: Clock, settings: object
) -> None:
    erase_alice()
    port = settings.EMAIL_PORT  # type: ignore[attr-defined]
    settings.EMAIL_PORT = 1  # type: ignore[attr-defined]
    finish()
    # The worker does not sleep meanwhile: it tries again and again.
    for minutes in range(0, 30 * 60, 20):
        set_clock(timedelta(minutes=minutes))
        send_receipts()
        deliver_due()
    assert not carrier.taken and Farewell.objects.count() == 1
    settings.EMAIL_PORT = port  # type: ignore[attr-defined]
    set_clock(timedelta(hours=31))
    finish()
    assert [to for to, _ in carrier.taken] == [[ALICE["email"]]] and not Farewell.objects.exists()


def test_an_address_that_is_refused_is_erased_too(carrier: Carrier, set_clock: Clock) -> None:
    carrier.refused.add(ALICE["email"])
    erase_alice()
    for hours in range(0, 400, 2):
        set_clock(timedelta(hours=hours))
        if not Farewell.objects.exists():
            break
        finish()
    assert not Farewell.objects.exists() and not carrier.taken


def test_a_second_erasure_at_once_sends_one_receipt(carrier: Carrier) -> None:
    begin_log()
    subject = enquiry_of().owner_id.hex
    Message.objects.all().delete()
    first = erase(subject, SYSTEM, receipt_to=ALICE["email"])
    assert erase(subject, SYSTEM, receipt_to="victor@elsewhere.example").pk == first.pk
    finish()
    assert [to for to, _ in carrier.taken] == [[ALICE["email"]]]
