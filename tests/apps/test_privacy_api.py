"""The JSON API of one's own data: what it gives, what it refuses, and in which words."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.apps.privacy_people import ALICE, CHARLIE, browser, person
from tests.cast import durable, enquiry_of
from troth.gate.export.models import Export
from troth.gate.journal import log
from troth.gate.journal.integrating import integrate
from troth.gate.keystore import keys
from troth.gate.subjects import limits, obstacles
from troth.gate.subjects.merging import merge
from troth.gate.subjects.obstacles import Obstacle
from troth.gate.uses import SYSTEM
from troth.verify.__main__ import main as verify

pytestmark = durable

ME = "/api/v1/me"


def change(client: Client, method: str, path: str, body: Any = None) -> Any:
    """Send JSON with a method."""
    return getattr(client, method)(
        path, json.dumps(body) if body is not None else "", content_type="application/json"
    )


def said(answer: Any, status: int, error: str) -> dict[str, Any]:
    """An error in its one shape."""
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["error"]) == (status, error), told
    assert told.keys() == {"error", "what", "where", "advice"} and told["what"] and told["advice"]
    return told


def test_all_of_it_comes_a_page_at_a_time() -> None:
    alice, enquiry = person(), enquiry_of()
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    hers = browser(alice)
    whole = hers.get(ME).json()
    assert whole["registration"]["email"] == ALICE["email"] and whole["next"] is None
    assert ALICE["message"] in json.dumps(whole["rows"])
    pages, start = [], 0
    while start is not None:
        page = hers.get(ME, {"start": start, "limit": 1}).json()
        pages += [row["title"] for row in page["rows"]]
        start = page["next"]
    assert pages == [row["title"] for row in whole["rows"]] and len(pages) > 2


def test_registration_data_is_corrected_with_the_checks_of_the_page() -> None:
    hers = browser(person())
    answer = change(hers, "patch", ME, {"phone": "+12025550177"}).json()
    assert answer["changed"] == ["phone"] and answer["registration"]["phone"] == "+12025550177"
    assert said(change(hers, "patch", ME, {"phone": "call me"}), 422, "invalid")["where"] == "phone"
    assert said(change(hers, "patch", ME, {"name": ""}), 422, "invalid")["where"] == "name"
    assert said(change(hers, "patch", ME, {"email": "a@b.example"}), 422, "invalid")["where"] == "email"
    told = said(change(hers, "patch", ME, {"address": "4111 1111 1111 1111"}), 422, "invalid")
    assert "4111" not in json.dumps(told)
    assert change(hers, "patch", ME, {}).json()["changed"] == []


def test_uses_come_newest_first_and_go_on_at_the_cursor(sign_in: Any) -> None:
    alice, enquiry, sales = person(), enquiry_of(), sign_in("sales")
    for _ in range(3):
        sales.get(f"/office/enquiries/{enquiry.pk}/")
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    hers, found, cursor = browser(alice), [], ""
    while cursor is not None:
        page = hers.get(f"{ME}/uses", {"cursor": cursor, "limit": 2}).json()
        found += page["uses"]
        cursor = page["next"]
    whole = hers.get(f"{ME}/uses").json()["uses"]
    assert [use["entry"] for use in found] == [use["entry"] for use in whole] and len(found) > 4
    assert [use["at"] for use in found] == sorted((use["at"] for use in found), reverse=True)
    assert "Sales staff" in {use["who"] for use in found}


def test_a_receipt_is_byte_for_byte_what_the_checker_reads(tmp_path: Any) -> None:
    alice = person()
    integrate()
    hers = browser(alice)
    entry = hers.get(f"{ME}/uses").json()["uses"][-1]["entry"]
    file = hers.get(f"{ME}/receipts/{entry}").content
    (tmp_path / "receipt").write_bytes(file)
    (tmp_path / "head").write_text(json.loads(file)["log"]["checkpoint"])
    assert verify([str(tmp_path / "receipt"), str(tmp_path / "head"), "--vkey", log.vkey()]) == 0


def test_an_export_needs_a_fresh_sign_in_and_known_categories() -> None:
    alice = person()
    assert (
        "reauthenticate"
        in said(change(browser(alice), "post", f"{ME}/exports", {}), 403, "confirm-first")["advice"]
    )
    hers = browser(alice, confirmed=True)
    assert said(change(hers, "post", f"{ME}/exports", {"categories": ["shoe-size"]}), 422, "invalid")["where"]
    assert said(change(hers, "post", f"{ME}/exports", {"categories": []}), 422, "invalid")
    made = change(hers, "post", f"{ME}/exports", {})
    assert made.status_code == 202 and made.json()["state"] == "preparing"
    one = hers.get(f"{ME}/exports/{made.json()['id']}").json()
    assert hers.get(f"{ME}/exports").json() == [one]
    said(hers.get(f"{ME}/exports/{one['id']}/archive"), 409, "not-ready")


def test_an_export_whose_time_is_over_is_not_given() -> None:
    alice = person()
    export = Export(owner_id=alice.owner_id, state="ready", expires_at=timezone.now() - timedelta(seconds=1))
    export.save(force_insert=True)
    said(browser(alice, confirmed=True).get(f"{ME}/exports/{export.pk}/archive"), 409, "not-ready")


def test_choices_are_set_and_lifted() -> None:
    alice, charlie = person(), person(CHARLIE)
    hers, his = browser(alice), browser(charlie)
    restricted = change(hers, "post", f"{ME}/choices", {}).json()
    objected = change(hers, "post", f"{ME}/choices", {"purpose": "showcasing"}).json()
    assert (restricted["kind"], objected["kind"], objected["purpose"]) == (
        "restriction",
        "objection",
        "showcasing",
    )
    assert [one["id"] for one in hers.get(f"{ME}/choices").json()["limits"]] == [
        restricted["id"],
        objected["id"],
    ]
    said(change(hers, "post", f"{ME}/choices", {"purpose": "signing-in"}), 422, "invalid")
    said(change(his, "delete", f"{ME}/choices/{restricted['id']}"), 404, "not-found")
    assert change(hers, "delete", f"{ME}/choices/{restricted['id']}").status_code == 204
    assert [limit.purpose for limit in limits.of(alice.owner_id)] == ["showcasing"]


def test_erasing_needs_a_fresh_sign_in_and_ends_the_session() -> None:
    alice = person()
    assert "reauthenticate" in said(change(browser(alice), "delete", ME), 403, "confirm-first")["advice"]
    assert keys.is_whole(alice.owner_id.hex)
    hers = browser(alice, confirmed=True)
    answer = change(hers, "delete", ME)
    assert answer.status_code == 202 and answer.json()["state"] == "purging"
    assert not keys.is_whole(alice.owner_id.hex)
    said(hers.get(ME), 401, "not-signed-in")


def test_what_stands_in_the_way_of_erasing_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    hold = Obstacle("you are the last owner of a company", "hand it over first", "rights.ninety-days")
    monkeypatch.setattr(obstacles, "OBSTACLES", [lambda subject: [hold]])
    told = said(change(browser(person(), confirmed=True), "delete", ME), 409, "obstructed")
    assert told["what"] == hold.reason and told["advice"] == hold.advice


def test_a_change_from_elsewhere_is_refused() -> None:
    alice = person()
    hers = Secure(SERVER_NAME="localhost", enforce_csrf_checks=True)
    hers.force_login(alice.user)
    assert hers.get(ME).status_code == 200
    said(change(hers, "patch", ME, {"phone": ""}), 403, "refused")
    said(change(hers, "delete", ME), 403, "refused")


def test_whatever_goes_wrong_below_the_api_is_said_in_json(victor: Client) -> None:
    hers = browser(person())
    said(hers.get("/api/v1/nothing"), 404, "not-found")
    said(victor.get("/api/nothing"), 404, "not-found")
    answer = hers.put(ME)
    said(answer, 405, "method-not-allowed")
    assert {"GET", "PATCH", "DELETE"} <= set(answer["Allow"].replace(" ", "").split(","))
    said(hers.patch(ME, "{", content_type="application/json"), 400, "unreadable")
    said(hers.get(f"{ME}?start=-1"), 422, "invalid")


def test_what_the_gate_refuses_below_the_api_is_said_in_json() -> None:
    alice = person()
    hers = browser(alice)
    keys.intend_erasure(alice.owner_id.hex)
    said(hers.get(ME), 410, "erased")


def test_the_description_is_public_and_names_nobody(victor: Client) -> None:
    person()
    answer = victor.get("/api/v1/openapi.json")
    assert answer.status_code == 200 and ALICE["email"] not in answer.content.decode()
    described = answer.json()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["security"] and {"401", "403", "503"} <= operation["responses"].keys(), (
                method,
                path,
            )
    assert "docs" not in json.dumps(list(described["paths"]))


def test_no_answer_of_the_api_is_kept_by_a_cache() -> None:
    hers = browser(person())
    for path in ("", "/uses", "/exports", "/choices"):
        assert "no-store" in hers.get(ME + path)["Cache-Control"], path
