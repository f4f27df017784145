"""Epoch keys locked by a key service: a transit engine on loopback, and AWS's own interface as moto speaks it."""

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from moto.server import ThreadedMotoServer

from tests.cast import ALICE, durable, enquiry_of
from tests.gate.test_key_store import read
from tests.gate.test_lost_keys import send_to_contact
from tests.gate.transit_server import TOKEN, Engine
from troth.apps.enquiries.models import Enquiry
from troth.config.environment import SettingError
from troth.config.key_service import key_service
from troth.engine.seal import KeyFile
from troth.gate.errors import KeyStoreError
from troth.gate.keystore import keys, turning
from troth.gate.keystore.escrow import escrow, new_recovery_key, restore
from troth.gate.outbound.aws_kms import AwsKms

pytestmark = durable
Set = Callable[[], None]


@pytest.fixture(scope="module")
def amazon() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def engine() -> Iterator[Engine]:
    server = Engine()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[[str], None]:
    """Set a key service, as the environment names one."""
    (tmp_path / "token").write_text(TOKEN)
    monkeypatch.setenv("TROTH_KEY_SERVICE_TOKEN", str(tmp_path / "token"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "kiln")

    def set_to(url: str) -> None:
        monkeypatch.setenv("TROTH_KEY_SERVICE", url)
        settings.TROTH_KEY_SERVICE = key_service()
        keys.forget_cached()

    return set_to


@pytest.fixture(params=["transit", "aws"])
def served(request: pytest.FixtureRequest, own_keys: Path, told: Callable[[str], None]) -> Path:
    """A key folder whose next epochs a service locks."""
    if request.param == "transit":
        port = request.getfixturevalue("engine").server_address[1]
        told(f"transit+http://127.0.0.1:{port}/kiln-transit")
    else:
        told(f"aws-kms://us-east-1?endpoint={request.getfixturevalue('amazon')}")
    return own_keys


def test_a_service_locks_the_next_epoch_and_the_escrow_does_without_it(served: Path, tmp_path: Path) -> None:
    enquiry, first = enquiry_of(), keys.keeper().newest_epoch()
    assert turning.turn_epoch() == 1, "a key in clear is not waited for until its week is over"
    second = keys.keeper().newest_epoch()
    assert second > first and turning.turn_epoch() == 0
    line = (served / f"epoch-{second:06d}.key").read_bytes()
    assert line.startswith(b"troth-locked-key-1 ")
    keys.forget_cached()
    assert read(enquiry) == ALICE["email"]
    assert keys.keeper().health() == ()
    with pytest.raises(KeyStoreError, match="TROTH_KEY_SERVICE"):
        KeyFile(served).kek(second)
    public, private = new_recovery_key()
    escrow(tmp_path / "escrow", public)
    restore(tmp_path / "escrow", private, tmp_path / "elsewhere")
    assert KeyFile(tmp_path / "elsewhere").epochs() == keys.keeper().epochs()
    KeyFile(tmp_path / "elsewhere").kek(second)


def test_an_epoch_that_ends_is_destroyed_at_the_service_too(served: Path) -> None:
    enquiry = enquiry_of()
    turning.turn_epoch()
    locked = keys.keeper().newest_epoch()
    copy = Path(shutil.copytree(served, served.with_name("copy")))
    turning.turn_epoch(datetime.now(UTC) + timedelta(days=8))
    ends = timedelta(days=40) - keys.keeper().wait
    turning.turn_epoch(datetime.now(UTC) + ends - timedelta(hours=1))
    assert locked in {each.number for each in keys.keeper().epochs()}
    turning.turn_epoch(datetime.now(UTC) + ends + timedelta(hours=1))
    assert locked not in {each.number for each in keys.keeper().epochs()}
    assert read(enquiry) == ALICE["email"]
    service = keys.keeper()._locksmith._service  # type: ignore[attr-defined]
    if isinstance(service, AwsKms):  # moto goes on decrypting, AWS does not
        known = service._known(f"troth-{keys.deployment()}-epoch-{locked:06d}")
        assert known and known["KeyState"] == "PendingDeletion"
        return
    with pytest.raises(KeyStoreError, match="key service"):
        KeyFile(copy, service=service).kek(locked)


def test_a_service_that_is_away_ends_reads_within_ten_minutes_and_loses_nothing(
    engine: Engine,
    own_keys: Path,
    told: Callable[[str], None],
    victor: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told(f"transit+http://127.0.0.1:{engine.server_address[1]}/kiln-transit")
    enquiry = enquiry_of()
    turning.turn_epoch()
    assert read(enquiry) == ALICE["email"]
    engine.is_sealed = True
    assert read(enquiry) == ALICE["email"], "what was fetched lasts for a while"
    later = time.monotonic() + 601
    monkeypatch.setattr(keys.keeper(), "_monotonic", lambda: later)
    with pytest.raises(KeyStoreError, match="key service"):
        read(enquiry)
    assert victor.get("/").status_code == 200
    answer = send_to_contact(victor)
    assert answer.status_code == 503 and "was not taken" in answer.content.decode()
    assert Enquiry.objects.count() == 1
    engine.is_sealed = False
    keys.forget_cached()
    assert read(enquiry) == ALICE["email"] and send_to_contact(victor).status_code == 302


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("kms", "is no key service"),
        ("transit+https://", "is no key service"),
        ("transit+http://keys.example:8200/transit", "without TLS"),
        ("transit+https://keys.example:8200/transit?ca=/nowhere", "is no file"),
        ("aws-kms://eu-west-1?endpoint=http://keys.example", "without TLS"),
    ],
)
def test_a_service_that_cannot_be_used_stops_the_start(
    url: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TROTH_KEY_SERVICE", url)
    with pytest.raises(SettingError, match=words):
        key_service()
