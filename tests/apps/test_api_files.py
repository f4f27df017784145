"""Files and queries by the API: listed, sent in pieces, read in ranges; run and answered."""

import hashlib
import time
from typing import Any

import pytest

from tests.apps.api_house import Program, pot, pots, program
from tests.cast import durable
from tests.workspaces.customers import customer, workspace
from troth.apps.files import flows as files
from troth.apps.queries import flows as queries
from troth.apps.queries import running
from troth.gate.files.models import StoredFile
from troth.workspaces.access import Access
from troth.workspaces.models import Right

pytestmark = durable
DATA = bytes(range(256)) * 1_024


@pytest.fixture
def here() -> Access:
    return workspace(customer())


@pytest.fixture
def shop(here: Access) -> Program:
    return program(here)


def send(by: Program, upload: str, offset: int, data: bytes) -> Any:
    return by.send("PUT", f"/uploads/{upload}?offset={offset}", data)


def announce(by: Program, **more: Any) -> Any:
    told = {"name": "plan.bin", "size": len(DATA), "sha256": hashlib.sha256(DATA).hexdigest()}
    return by.post("/uploads", {**told, **more})


def kept(by: Program, **more: Any) -> dict[str, Any]:
    """A file that went up in one piece, as the API tells it."""
    upload = announce(by, **more).json()["id"]
    assert send(by, upload, 0, DATA).status_code == 200
    told: dict[str, Any] = by.post(f"/uploads/{upload}/finish").json()
    return told


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_file_goes_up_in_pieces_and_comes_down_in_ranges(here: Access, shop: Program) -> None:
    begun = announce(shop)
    assert begun.status_code == 201
    upload = begun.json()["id"]
    half = len(DATA) // 2
    assert send(shop, upload, 0, DATA[:half]).json()["offset"] == half
    wrong = send(shop, upload, 0, DATA[:half])
    assert wrong.status_code == 409 and wrong.json()["offset"] == half
    early = shop.post(f"/uploads/{upload}/finish")
    assert early.status_code == 409 and early.json()["offset"] == half
    assert shop.get(f"/uploads/{upload}").json()["offset"] == half
    assert send(shop, upload, half, DATA[half:]).json()["offset"] == len(DATA)
    told = shop.post(f"/uploads/{upload}/finish").json()
    assert shop.post(f"/uploads/{upload}/finish").json() == told
    assert told["name"] == "plan.bin" and [each["size"] for each in told["versions"]] == [len(DATA)]
    where = f"/files/{told['id']}/content"
    assert content(shop.get(where)) == DATA and content(shop.get(f"{where}?version=1")) == DATA
    part = shop.get(where, Range="bytes=100-299")
    assert part.status_code == 206 and content(part) == DATA[100:300]
    assert part["Content-Range"] == f"bytes 100-299/{len(DATA)}" and part["RateLimit"]
    assert shop.get(f"{where}?version=2").status_code == 404
    (entry,) = shop.get("/files").json()["entries"]
    assert (entry["kind"], entry["id"], entry["size"]) == ("file", told["id"], len(DATA))


def test_a_file_that_came_otherwise_than_announced_is_not_kept(here: Access, shop: Program) -> None:
    upload = announce(shop, sha256="0" * 64).json()["id"]
    send(shop, upload, 0, DATA)
    answer = shop.post(f"/uploads/{upload}/finish")
    assert answer.status_code == 422 and shop.get("/files").json()["entries"] == []
    assert send(shop, announce(shop, size=10).json()["id"], 0, DATA).status_code == 413


def test_what_cannot_be_announced_is_refused(here: Access, shop: Program) -> None:
    for wrong in ({"size": -1}, {"size": 1 << 60}, {"sha256": "x"}, {"name": ""}, {"size": "x"}):
        assert announce(shop, **wrong).status_code == 422, wrong
    assert announce(shop, size=1 << 49).status_code == 413
    for offset in ("", "-1", "x", "9" * 30):
        assert send(shop, announce(shop).json()["id"], offset, DATA).status_code == 422, offset  # type: ignore[arg-type]


def test_an_upload_is_given_up_and_is_of_whoever_began_it(here: Access, shop: Program) -> None:
    upload = announce(shop).json()["id"]
    charlie = program(workspace(customer({"name": "C", "company": "C", "email": "c@c.example"})))
    for method, path in (("GET", ""), ("PUT", "?offset=0"), ("POST", "/finish"), ("DELETE", "")):
        assert charlie.send(method, f"/uploads/{upload}{path}").status_code == 404, method
    assert shop.send("DELETE", f"/uploads/{upload}").status_code == 204
    assert shop.get(f"/uploads/{upload}").status_code == 404 and not StoredFile.objects.exists()


def test_folders_are_walked_and_a_key_to_one_sees_that_one(here: Access, shop: Program) -> None:
    folder, other = files.make_folder(here, None, "Kiln"), files.make_folder(here, None, "Other")
    inside, outside = kept(shop, folder=str(folder.pk)), kept(shop, folder=str(other.pk))
    first = shop.get("/files?limit=1").json()
    rest = shop.get(f"/files?limit=1&cursor={first['next']}").json()
    assert [each["entries"][0]["name"] for each in (first, rest)] == ["Kiln", "Other"] and rest[
        "next"
    ] is None
    assert [each["id"] for each in shop.get(f"/files?folder={folder.pk}").json()["entries"]] == [inside["id"]]
    narrow = program(here, Right.EDIT, folder.pk)
    assert [each["id"] for each in narrow.get("/files").json()["entries"]] == [str(folder.pk)]
    assert narrow.get(f"/files/{inside['id']}").status_code == 200
    assert narrow.get(f"/files/{outside['id']}").status_code == 404
    assert narrow.get(f"/files?folder={other.pk}").status_code == 404
    assert kept(narrow, name="new.bin", folder=str(folder.pk))["name"] == "new.bin"
    for place in (None, str(other.pk)):
        assert announce(narrow, folder=place).status_code in (403, 422), place


# -- queries


def over(by: Program, run: str) -> dict[str, Any]:
    """Let the worker take turns until a run is over."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        running.turn()
        told: dict[str, Any] = by.get(f"/runs/{run}").json()
        if told["state"] not in ("waiting", "running"):
            return told
        time.sleep(0.05)
    raise AssertionError("the run did not end")


def test_a_kept_query_is_run_and_answered_page_by_page(here: Access, shop: Program) -> None:
    made, fields = pots(here)
    for price in ("1", "2", "3"):
        pot(here, made, fields, Price=price)
    sql = 'SELECT "Price" FROM "Pots" WHERE "Price" <= $most ORDER BY "Price"'
    queries.keep_query(here, "Cheap ones", sql)
    looker = program(here, Right.VIEW)
    (query,) = looker.get("/queries").json()
    assert query["name"] == "Cheap ones" and query["parameters"] == ["most"]
    for wrong in ({}, {"most": "2", "more": "x"}):
        assert looker.post(f"/queries/{query['id']}/runs", {"parameters": wrong}).status_code == 422
    run = looker.post(f"/queries/{query['id']}/runs", {"parameters": {"most": "2"}})
    assert run.status_code == 202
    where = f"/runs/{run.json()['id']}/answer"
    assert looker.get(where).json()["error"] == "not-ready"
    assert over(looker, run.json()["id"])["rows"] == 2
    first = looker.get(f"{where}?limit=1").json()
    rest = looker.get(f"{where}?limit=1&cursor={first['next']}").json()
    assert first["columns"] == [{"name": "Price", "type": "DECIMAL(30,10)"}]
    assert [first["rows"], rest["rows"], rest["next"]] == [[["1"]], [["2"]], None]


def test_a_query_that_fails_says_what_is_wrong(here: Access, shop: Program) -> None:
    query = queries.keep_query(here, "Q", "SELECT nothing")
    told = over(shop, shop.post(f"/queries/{query.pk}/runs").json()["id"])
    assert told["state"] == "failed" and told["wrong"]
