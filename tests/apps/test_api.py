"""The API of a workspace: what programs read and write by it, and how it says what is wrong."""

import json
from typing import Any

import pytest

from tests.apps.api_house import POTS, Program, pot, pots, program
from tests.cast import durable
from tests.workspaces.customers import customer, workspace
from troth.apps.records.models import Change, Record
from troth.workspaces import flows as workspaces
from troth.workspaces.access import Access
from troth.workspaces.hosted import opened

pytestmark = durable


@pytest.fixture
def here() -> Access:
    return workspace(customer())


@pytest.fixture
def shop(here: Access) -> Program:
    return program(here)


def problem(answer: Any, status: int, error: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["error"] == error and told["status"] == status and told["title"] and told["advice"]
    assert told["type"].endswith(f"/developers/api/#problem-{error}")
    return told


def test_a_key_opens_its_workspace_and_says_what_it_is_for(here: Access, shop: Program) -> None:
    told = shop.get("").json()
    assert (
        told["id"] == str(here.workspace.owner_id)
        and told["name"] == "Kiln Ledger"
        and told["ended_at"] is None
    )
    assert told["key"]["name"] == "Shop" and told["key"]["right"] == "edit" and told["key"]["part"] is None


def test_collections_are_told_with_their_fields(here: Access, shop: Program) -> None:
    made, fields = pots(here)
    (one,) = shop.get("/collections").json()
    assert one["name"] == "Pots" and [each["name"] for each in one["fields"]] == [
        draft.name for draft in POTS
    ]
    assert one["fields"][0]["id"] == str(fields["Glaze"]) and one["fields"][0]["is_required"]
    assert shop.get(f"/collections/{made.pk}").json() == one


def test_a_record_is_made_read_changed_and_deleted(here: Access, shop: Program) -> None:
    made, fields = pots(here)
    at = f"/collections/{made.pk}/records"
    sent = {
        "Glaze": "Ash",
        "Buyer": "vera@buyer.example",
        "Price": 12.5,
        "Sold": True,
        str(fields["Notes"]): "Chipped",
    }
    new = shop.post(at, {"values": sent})
    assert new.status_code == 201
    told = new.json()
    assert told["revision"] == 1 and told["values"] == {
        "Glaze": "Ash", "Buyer": "vera@buyer.example", "Price": "12.5", "Sold": True, "Notes": "Chipped"
    }  # fmt: skip
    assert shop.get(f"{at}/{told['id']}").json() == told
    changed = shop.send(
        "PATCH", f"{at}/{told['id']}", {"revision": 1, "values": {"Price": None, "Glaze": "Salt"}}
    )
    assert changed.json()["revision"] == 2 and changed.json()["values"].keys() == {
        "Glaze",
        "Buyer",
        "Sold",
        "Notes",
    }
    late = shop.send("PATCH", f"{at}/{told['id']}", {"revision": 1, "values": {"Glaze": "Tin"}})
    assert problem(late, 409, "changed")["where"] == "revision"
    assert shop.send("DELETE", f"{at}/{told['id']}").status_code == 204
    problem(shop.get(f"{at}/{told['id']}"), 404, "not-found")
    with opened(here.workspace.owner_id):
        assert [row.what for row in Change.objects.order_by("at")] == ["made", "changed", "deleted"]
        assert {row.by_id for row in Change.objects.all()} == {here.person}


def test_what_is_wrong_with_a_record_is_named_and_not_repeated(here: Access, shop: Program) -> None:
    made, fields = pots(here)
    at = f"/collections/{made.pk}/records"
    told = problem(shop.post(at, {"values": {"Buyer": "no address", "Price": "twelve"}}), 422, "invalid")
    assert {each["where"] for each in told["faults"]} == {"Glaze", "Buyer", "Price"} and "twelve" not in str(
        told
    )
    told = problem(shop.post(at, {"values": {"Zinnwaldite": "x"}}), 422, "invalid")
    assert told["where"] == "values" and "Zinnwaldite" not in str(told)
    pot(here, made, fields, Number="A-17")
    told = problem(shop.post(at, {"values": {"Glaze": "Ash", "Number": "A-17"}}), 422, "invalid")
    assert "unique" in told["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"values": []}', b"{}", b'{"values": {"Glaze": {}}}',
        b'{"values": {"Glaze": "\\ud800"}}', b'{"values": {"Glaze": 1e999}}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_malformed_body_is_refused(here: Access, shop: Program, body: bytes) -> None:
    made, _ = pots(here)
    answer = shop.send("POST", f"/collections/{made.pk}/records", body)
    assert answer.status_code in (400, 422), answer.content
    problem(answer, answer.status_code, answer.json()["error"])
    assert not Record.every.exists()


def test_a_body_that_is_too_large_is_refused_as_such(here: Access, shop: Program) -> None:
    made, _ = pots(here)
    at = f"/collections/{made.pk}/records"
    problem(shop.post(at, {"values": {"Glaze": "x" * 1_100_000}}), 413, "too-large")
    many = {"records": [{"values": {"Glaze": "Ash"}}] * 501}
    problem(shop.post(f"{at}/make", many), 422, "invalid")
    assert not Record.every.exists()


# -- lists


def everything(shop: Program, path: str, limit: int = 2) -> list[dict[str, Any]]:
    """All pages of a list."""
    found, cursor, pages = [], "", 0
    while True:
        told = shop.get(f"{path}{'&' if '?' in path else '?'}limit={limit}&cursor={cursor}").json()
        found += told["records"]
        pages += 1
        assert pages < 50
        if told["next"] is None:
            return found
        cursor = told["next"]


def test_records_are_listed_page_by_page_and_what_comes_meanwhile_comes_last(
    here: Access, shop: Program
) -> None:
    made, fields = pots(here)
    rows = [pot(here, made, fields, Glaze=f"Glaze {n}") for n in range(5)]
    at = f"/collections/{made.pk}/records"
    assert [each["id"] for each in everything(shop, at)] == [str(row.pk) for row in rows]
    first = shop.get(f"{at}?limit=2").json()
    pot(here, made, fields, Glaze="Later")
    rest = shop.get(f"{at}?limit=200&cursor={first['next']}").json()
    assert [each["values"]["Glaze"] for each in rest["records"]] == ["Glaze 2", "Glaze 3", "Glaze 4", "Later"]
    assert rest["next"] is None


def test_records_are_sorted_by_plain_fields(here: Access, shop: Program) -> None:
    made, fields = pots(here)
    for price in ("3", "20", "1", ""):
        pot(here, made, fields, Price=price)
    at = f"/collections/{made.pk}/records"
    rising = [each["values"].get("Price") for each in everything(shop, f"{at}?sort=Price")]
    assert rising == ["1", "3", "20", None]
    falling = [each["values"].get("Price") for each in everything(shop, f"{at}?sort=-{fields['Price']}")]
    assert falling[:3] == ["20", "3", "1"]
    assert problem(shop.get(f"{at}?sort=Buyer"), 422, "invalid")["where"] == "sort"


def test_records_are_found_by_fields_that_can_be_found_by(here: Access, shop: Program) -> None:
    made, fields = pots(here)
    wanted = pot(here, made, fields, Buyer="vera@buyer.example", Price="12", Number="A-1")
    pot(here, made, fields, Buyer="other@buyer.example", Price="30", Number="A-2")
    at = f"/collections/{made.pk}/records"
    for question in (
        "Buyer=VERA@buyer.example",
        f"{fields['Number']}=A-1",
        "Price=12.0",
        "Buyer=vera@buyer.example&Price=12",
    ):
        assert [each["id"] for each in everything(shop, f"{at}?{question}")] == [str(wanted.pk)], question
    below = {"where": [{"field": "Price", "how": "to", "value": 20}]}
    assert [each["id"] for each in shop.post(f"{at}/find", below).json()["records"]] == [str(wanted.pk)]
    assert shop.get(f"{at}?Buyer=nobody@buyer.example").json() == {"records": [], "next": None}
    told = problem(shop.get(f"{at}?Notes=Chipped"), 422, "invalid")
    assert "locked" in told["detail"] and "Chipped" not in str(told)
    problem(
        shop.post(f"{at}/find", {"where": [{"field": "Glaze", "how": "from", "value": "A"}]}), 422, "invalid"
    )
    problem(shop.get(f"{at}?Zinn=1"), 422, "invalid")


def test_a_cursor_is_of_one_list_and_nobody_writes_their_own(here: Access, shop: Program) -> None:
    made, fields = pots(here)
    for _ in range(3):
        pot(here, made, fields)
    at = f"/collections/{made.pk}/records"
    cursor = shop.get(f"{at}?limit=1").json()["next"]
    for other in (
        f"{at}?sort=Glaze&cursor={cursor}",
        f"{at}?Glaze=Ash&cursor={cursor}",
        f"{at}?cursor={cursor}x",
    ):
        assert problem(shop.get(other), 422, "invalid")["where"] == "cursor"
    problem(shop.get(f"{at}?limit=0"), 422, "invalid")
    problem(shop.get(f"{at}?limit=201"), 422, "invalid")


# -- many at once


def test_many_are_made_changed_and_deleted_at_once(here: Access, shop: Program) -> None:
    made, _ = pots(here)
    at = f"/collections/{made.pk}/records"
    new = shop.post(
        f"{at}/make", {"records": [{"values": {"Glaze": f"G{n}", "Number": str(n)}} for n in range(30)]}
    )
    assert new.status_code == 201
    rows = new.json()["records"]
    assert [each["values"]["Glaze"] for each in everything(shop, at, 200)] == [f"G{n}" for n in range(30)]
    told = [{**each, "values": {"Price": n}} for n, each in enumerate(rows)]
    changed = shop.post(f"{at}/change", {"records": told}).json()["records"]
    assert {each["revision"] for each in changed} == {2}
    assert {each["values"]["Price"] for each in everything(shop, at, 200)} == {str(n) for n in range(30)}
    ids = [each["id"] for each in rows]
    assert shop.post(f"{at}/delete", {"ids": ids[:20] + ids[:1]}).json() == {"deleted": 20}
    with opened(here.workspace.owner_id):
        assert Record.objects.count() == 10 and Change.objects.values("act").distinct().count() == 3


def test_of_many_all_are_kept_or_none_and_each_fault_has_its_row(here: Access, shop: Program) -> None:
    made, fields = pots(here)
    at, row = f"/collections/{made.pk}/records", pot(here, made, fields, Number="1")
    new = [{"Glaze": "Ash"}, {"Price": "x"}, {"Glaze": "Ash", "Buyer": "x"}]
    told = problem(shop.post(f"{at}/make", {"records": [{"values": each} for each in new]}), 422, "invalid")
    assert {(each["row"], each["where"]) for each in told["faults"]} == {
        (1, "Glaze"),
        (1, "Price"),
        (2, "Buyer"),
    }
    twice = [{"values": {"Glaze": "Ash", "Number": number}} for number in "231"]
    told = problem(shop.post(f"{at}/make", {"records": twice}), 422, "invalid")
    assert [each["row"] for each in told["faults"]] == [2]
    stranger = {"id": "018f0000-0000-7000-8000-000000000000", "revision": 1, "values": {}}
    ours = {"id": str(row.pk), "revision": 1, "values": {"Glaze": "Tin"}}
    told = problem(shop.post(f"{at}/change", {"records": [ours, stranger]}), 422, "invalid")
    assert [each["row"] for each in told["faults"]] == [1]
    told = problem(shop.post(f"{at}/change", {"records": [{**ours, "revision": 9}]}), 422, "invalid")
    assert "meanwhile" in told["faults"][0]["what"]
    told = problem(shop.post(f"{at}/delete", {"ids": [str(row.pk), stranger["id"]]}), 422, "invalid")
    assert [each["row"] for each in told["faults"]] == [1]
    assert [each["revision"] for each in everything(shop, at)] == [1]


# -- the workspace has ended


def test_in_a_workspace_that_has_ended_everything_is_read_and_nothing_is_changed(
    here: Access, shop: Program
) -> None:
    made, fields = pots(here)
    row = pot(here, made, fields)
    workspaces.end(here)
    at = f"/collections/{made.pk}/records"
    assert shop.get("").json()["ended_at"] and len(everything(shop, at)) == 1
    assert len(shop.post(f"{at}/find", {}).json()["records"]) == 1
    for method, path, body in (
        ("POST", at, {"values": {"Glaze": "x"}}), ("PATCH", f"{at}/{row.pk}", {"revision": 1, "values": {"Glaze": "x"}}),
        ("DELETE", f"{at}/{row.pk}", None), ("POST", f"{at}/make", {"records": [{"values": {"Glaze": "x"}}]}),
        ("POST", f"{at}/change", {"records": [{"id": str(row.pk), "revision": 1, "values": {}}]}),
        ("POST", f"{at}/delete", {"ids": [str(row.pk)]}), ("POST", "/uploads", {"name": "a", "size": 1}),
    ):  # fmt: skip
        problem(shop.send(method, path, body), 409, "obstructed")


# -- the description


def test_the_description_is_there_for_programs_and_for_people(here: Access, shop: Program) -> None:
    told = json.loads(Program("")._client.get("/api/v1/workspace/openapi.json").content)
    assert (
        told["openapi"].startswith("3.")
        and "/api/v1/workspace/collections/{collection}/records" in told["paths"]
    )
    page = Program("")._client.get("/developers/api/").content.decode()
    for path in told["paths"]:
        assert path in page, path
    problem(shop.get("/nothing-here"), 404, "not-found")
    wrong = shop.send("PUT", "/collections", {})
    assert problem(wrong, 405, "method-not-allowed") and wrong["Allow"]
