"""Faults of docs/faults.md that no other file has a test of: what goes wrong beneath the house or beside it."""

import errno
import logging
import os
from typing import Any

import pytest
from django.conf import settings as house
from django.db import DatabaseError, connection
from django.utils.module_loading import import_string

from tests.cast import ALICE, durable, enquiry_of
from tests.gate.conftest import Edit
from tests.site.databases import connected
from troth.apps.enquiries.models import Enquiry
from troth.engine.seal import tombstones
from troth.gate.errors import Unfinished
from troth.gate.journal.models import Entry
from troth.gate.published import statement
from troth.gate.subjects.erase import erase
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.models import Erasure
from troth.gate.uses import SYSTEM, act, using


@durable
def test_an_erasure_whose_tombstone_is_not_on_disk_is_not_done(
    own_keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    enquiry = enquiry_of()

    def refuses(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(tombstones.os, "fsync", refuses)
        with pytest.raises(Unfinished):
            erase(enquiry.owner_id.hex, by=SYSTEM)
        finish_erasures()
        assert Erasure.objects.get().state == Erasure.State.BEGUN and Enquiry.objects.exists()
    finish_erasures()
    assert Erasure.objects.get().state == Erasure.State.DONE and not Enquiry.objects.exists()


@durable
def test_an_act_is_judged_by_the_version_that_it_began_under(edit_statement: Edit) -> None:
    enquiry = enquiry_of()
    before = statement.current().version[: statement.SHORT]
    with using("answering-enquiries", by=SYSTEM, given=enquiry):
        assert enquiry.email == ALICE["email"]
        edit_statement(
            "contact, enquiry for answering-enquiries by system, sales",
            "contact, enquiry for answering-enquiries by sales",
        )
        assert statement.current().version[: statement.SHORT] != before
        assert enquiry.name == ALICE["name"]
    assert Entry.objects.latest("seq").version == before


@durable
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server that could be cut off")
def test_a_line_that_is_cut_amid_an_act_loses_that_act_alone() -> None:
    kept = enquiry_of()
    with pytest.raises(DatabaseError), act():
        Enquiry.objects.filter(pk=kept.pk).update(topic="Records")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            number = cursor.fetchone()[0]
        with connected("troth") as server:
            server.execute("SELECT pg_terminate_backend(%s)", [number])
    connection.close()
    (left,) = Enquiry.objects.all()
    assert left.topic == "Services"
    with using("answering-enquiries", by=SYSTEM, given=left):
        assert left.email == ALICE["email"]


def test_nobody_writes_a_second_line_into_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    told: Any = house.LOGGING["formatters"]["line"]
    handler = logging.StreamHandler()
    handler.setFormatter(import_string(str(told["()"]))(told["format"]))
    log = logging.Logger("troth.kiln")
    log.addHandler(handler)
    log.warning("a topic of %s", "x\r\n2026-07-21 ERROR troth all is well\x1b[2J\u2028\x85 Grüße")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(r"x\r\n2026-07-21 ERROR troth all is well\x1b[2J\u2028\x85 Grüße")
