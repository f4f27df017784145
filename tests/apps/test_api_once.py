"""Idempotency keys: whatever is sent twice is done once, also at the same time, and by nobody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from tests.apps.api_house import Program, pots, program
from tests.cast import durable
from tests.workspaces.customers import customer, workspace
from troth.apps.api import once
from troth.apps.api.models import Replay
from troth.apps.queries import flows as queries
from troth.apps.queries.models import Run
from troth.apps.records import flows
from troth.apps.records.models import Record
from troth.workspaces.access import Access

pytestmark = durable
ASH = {"values": {"Glaze": "Zinnwaldite"}}


@pytest.fixture
def here() -> Access:
    return workspace(customer())


@pytest.fixture
def shop(here: Access) -> Program:
    return program(here)


def send(by: Program, path: str, body: Any = ASH, mark: str = "one") -> Any:
    return by.post(path, body, **{"Idempotency-Key": mark})


def test_what_is_sent_again_is_answered_as_the_first_time_and_done_once(here: Access, shop: Program) -> None:
    at = f"/collections/{pots(here)[0].pk}/records"
    first, second = send(shop, at), send(shop, at)
    assert first.status_code == second.status_code == 201 and first.content == second.content
    assert "Idempotency-Replayed" not in first and second["Idempotency-Replayed"] == "true"
    assert send(shop, at, mark='"one"').content == first.content
    assert send(shop, at, mark="two").json()["id"] != first.json()["id"]
    assert Record.every.count() == 2


def test_many_are_made_once(here: Access, shop: Program) -> None:
    at = f"/collections/{pots(here)[0].pk}/records/make"
    first, second = (send(shop, at, {"records": [ASH] * 7}) for _ in range(2))
    assert first.content == second.content and Record.every.count() == 7


def test_another_request_under_the_same_key_is_refused(here: Access, shop: Program) -> None:
    at = f"/collections/{pots(here)[0].pk}/records"
    send(shop, at)
    for path, body in (
        (at, {"values": {"Glaze": "Salt"}}),
        (f"{at}/make", {"records": [ASH]}),
        (f"{at}?x=1", ASH),
    ):
        answer = send(shop, path, body)
        assert answer.status_code == 422 and answer.json()["where"] == "Idempotency-Key"
    assert Record.every.count() == 1


def test_a_wrong_request_is_answered_the_same_again_and_one_that_was_refused_can_be_sent_again(
    here: Access, shop: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = f"/collections/{pots(here)[0].pk}/records"
    first, second = send(shop, at, {"values": {}}), send(shop, at, {"values": {}})
    assert first.status_code == second.status_code == 422 and first.content == second.content
    assert first["Content-Type"] == second["Content-Type"] == "application/problem+json"
    looker = program(here)
    with monkeypatch.context() as broken:

        def fail(*args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("the disk is gone")

        broken.setattr(flows, "write_new", fail)
        looker._client.raise_request_exception = False
        assert send(looker, at).status_code == 500
    assert send(looker, at).status_code == 201


def test_the_key_of_another_program_is_another_key(here: Access, shop: Program) -> None:
    at = f"/collections/{pots(here)[0].pk}/records"
    assert send(shop, at).json()["id"] != send(program(here), at).json()["id"]


def test_a_mark_that_cannot_be_read_is_refused(here: Access, shop: Program) -> None:
    at = f"/collections/{pots(here)[0].pk}/records"
    for mark in ("", "a b", "x" * 201, "ü"):
        assert send(shop, at, mark=mark).status_code == 400, mark
    assert not Record.every.exists()


def test_what_is_kept_of_a_request_lies_sealed_and_gives_nothing_away(here: Access, shop: Program) -> None:
    send(shop, f"/collections/{pots(here)[0].pk}/records")
    row = Replay.every.get()
    kept = b"".join(bytes(each) for each in (row.sealed, row.mark, row.print))
    assert b"Zinnwaldite" not in kept and len(row.mark) == len(row.print) == 32


def test_of_two_at_once_one_is_done(here: Access, shop: Program) -> None:
    at = f"/collections/{pots(here)[0].pk}/records"

    def one(_: int) -> Any:
        try:
            return send(Program(shop.key), at)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(one, range(12)))
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert Record.every.count() == 1


def test_one_that_is_not_done_yet_is_said_to_be(here: Access, shop: Program) -> None:
    at = f"/collections/{pots(here)[0].pk}/records"
    send(shop, at)
    Replay.every.update(status=0)
    answer = send(shop, at)
    assert answer.status_code == 409 and answer.json()["where"] == "Idempotency-Key"


def test_whoever_died_between_an_act_and_its_answer_did_it_once(here: Access, shop: Program) -> None:
    """The record is there, and its answer is not: sent again it is found."""
    at = f"/collections/{pots(here)[0].pk}/records"
    first = send(shop, at)
    many = send(shop, f"{at}/make", {"records": [ASH] * 3}, mark="many")
    Replay.every.update(status=0, begun_at=timezone.now() - once.LEASE - timedelta(seconds=1))
    assert send(shop, at).json()["id"] == first.json()["id"]
    again = send(shop, f"{at}/make", {"records": [ASH] * 3}, mark="many")
    assert again.content == many.content and Record.every.count() == 4


def test_a_query_is_run_once(here: Access, shop: Program) -> None:
    kept = queries.keep_query(here, "Q", "SELECT 1")
    first, second = (send(shop, f"/queries/{kept.pk}/runs", {}) for _ in range(2))
    assert first.status_code == 202 and first.content == second.content and Run.every.count() == 1
