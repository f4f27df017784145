"""The pages of records: who sees and changes what, that nothing is done twice, lost, or shown to somebody else."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cast import durable
from tests.workspaces.customers import BOB, CHARLIE, access, at, browser, colleague, customer, workspace
from troth.accounts.people.models import Person
from troth.apps.records import flows, grid, shape
from troth.apps.records.models import Change, Collection, Field, Finding, Kind, Record, Value
from troth.apps.records.shape import Draft
from troth.workspaces import letting_in
from troth.workspaces.access import Access, enter
from troth.workspaces.models import Grant, Right, Role, Workspace

pytestmark = durable
POTS = (
    Draft("Glaze", finding=Finding.PLAIN, is_required=True), Draft("Buyer", Kind.EMAIL, Finding.SEARCHABLE),
    Draft("Number", finding=Finding.UNIQUE), Draft("Price", Kind.NUMBER, Finding.PLAIN), Draft("Notes"),
    Draft("Fired", Kind.DATE, Finding.PLAIN),
    Draft("State", Kind.CHOICE, Finding.SEARCHABLE, choices=("Whole", "Chipped")),
)  # fmt: skip
NAMES = ("Ash", "Celadon", "Salt", "Tenmoku")


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def here(alice: Person) -> Access:
    return workspace(alice)


@pytest.fixture
def as_alice(alice: Person) -> Client:
    return browser(alice)


@pytest.fixture
def pots(here: Access) -> Collection:
    return shape.make_collection(here, "Pots", POTS)


def ids(here: Access, of: Collection) -> dict[str, UUID]:
    with enter(here):
        return {field.name: field.pk for field in Field.objects.filter(collection=of)}


def pot(here: Access, of: Collection, **values: str) -> Record:
    known = ids(here, of)
    return flows.make_record(
        here, of, {known[name]: text for name, text in {"Glaze": "Ash", **values}.items()}
    )


def many(here: Access, of: Collection, names: Iterable[str] = NAMES) -> list[Record]:
    return [pot(here, of, Glaze=name, Price=str(10 * n), Number=f"N{n}") for n, name in enumerate(names)]


def page(of: Collection, more: str = "") -> str:
    return f"records/{of.pk}/{more}"


def text(answer: Any) -> str:
    found: str = answer.content.decode()
    return found


def hidden(answer: Any, name: str) -> str:
    return re.findall(rf'name="{name}"(?: value="([^"]*)")?', text(answer))[0]


def titles(answer: Any) -> list[str]:
    """The first column of the table, from the top."""
    return re.findall(r'<th scope="row"><a [^>]+><bdi>([^<]*)</bdi>', text(answer))


def told(here: Access, of: Collection, **values: str) -> dict[str, str]:
    """What the form of a record is filled in with."""
    known = ids(here, of)
    return {f"f-{known[name].hex}": value for name, value in {"Glaze": "Ash", **values}.items()}


def kept(here: Access, of: Collection, record: UUID) -> dict[str, str]:
    known = {pk: name for name, pk in ids(here, of).items()}
    with enter(here):
        values = flows.unpacked(Record.objects.get(pk=record).content)
    return {known[pk]: value for pk, value in values.items()}


# -- collections and their fields


def test_a_collection_begins_with_a_template_and_stands_on_the_first_page(
    here: Access, as_alice: Client
) -> None:
    assert "New collection" in text(as_alice.get(at(here)))
    form = {
        "submission": hidden(as_alice.get(at(here, "records/new/")), "submission"),
        "template": "contacts",
    }
    made = as_alice.post(at(here, "records/new/"), form)
    as_alice.post(at(here, "records/new/"), form)
    row = Collection.every.get()
    assert made["Location"] == at(here, page(row))
    for listed in (at(here), at(here, "records/")):
        assert "Contacts" in text(as_alice.get(listed)) and "0 records" in text(as_alice.get(listed))
    assert "No record yet" in text(as_alice.get(at(here, page(row))))


def test_from_nothing_a_name_is_needed_and_the_fields_come_next(here: Access, as_alice: Client) -> None:
    form = {"submission": hidden(as_alice.get(at(here, "records/new/")), "submission"), "template": "nothing"}
    assert as_alice.post(at(here, "records/new/"), form).status_code == 422 and not Collection.every.exists()
    made = as_alice.post(at(here, "records/new/"), {**form, "name": "<b>Pots</b>"}, follow=True)
    assert (
        "No field yet" in text(made)
        and "&lt;b&gt;Pots&lt;/b&gt;" in text(made)
        and "<b>Pots" not in text(made)
    )


def test_a_field_is_added_once_renamed_moved_and_taken_away(
    here: Access, as_alice: Client, pots: Collection
) -> None:
    new = at(here, page(pots, "fields/new/"))
    shown = as_alice.get(new)
    assert "kept unlocked" in text(shown) and "gets hold of our disks" in text(shown)
    form = {"submission": hidden(shown, "submission"), "name": "Shelf", "kind": "choice", "finding": "plain"}
    assert "Please write down what can be chosen" in text(as_alice.post(new, form))
    form |= {"choices": "Top\r\n\r\nBottom\r\nTop"}
    as_alice.post(new, form)
    as_alice.post(new, form)
    shelf = ids(here, pots)["Shelf"]
    with enter(here):
        assert shape.choices_of(Field.objects.get(pk=shelf)) == ["Top", "Bottom"]
    own = at(here, page(pots, f"fields/{shelf}/"))
    as_alice.post(own, {"name": "Board", "choices": "Low", "is_required": "on"})
    as_alice.post(own + "move/", {"to": "up"})
    assert list(ids(here, pots))[-2:] == ["Board", "State"]
    row = pot(here, pots, Board="Low")
    assert "nobody sees its values" in text(as_alice.get(own + "remove/"))
    as_alice.post(own + "remove/")
    assert not Value.every.filter(field=shelf).exists() and as_alice.post(own + "remove/").status_code == 404
    assert "Low" not in text(as_alice.get(at(here, page(pots, f"{row.pk}/"))))
    flows.change_record(here, row, {ids(here, pots)["Glaze"]: "Salt"}, 1)
    with enter(here):
        assert "Low" not in Record.objects.get(pk=row.pk).content


def test_a_reference_needs_a_collection_and_yes_or_no_is_not_unique(
    here: Access, as_alice: Client, pots: Collection
) -> None:
    new = at(here, page(pots, "fields/new/"))
    form = {"submission": hidden(as_alice.get(new), "submission"), "name": "X", "finding": "none"}
    assert as_alice.post(new, {**form, "kind": "reference"}).status_code == 422
    assert as_alice.post(new, {**form, "kind": "boolean", "finding": "unique"}).status_code == 422
    assert as_alice.post(new, {**form, "kind": "reference", "target": str(uuid4())}).status_code == 422
    assert as_alice.post(new, {**form, "kind": "picture"}).status_code == 422
    assert "X" not in ids(here, pots)
    as_alice.post(new, {**form, "kind": "reference", "target": str(pots.pk)})
    assert "X" in ids(here, pots)


def test_a_collection_is_deleted_when_its_name_is_typed(
    here: Access, as_alice: Client, pots: Collection
) -> None:
    many(here, pots)
    own = at(here, page(pots, "delete/"))
    assert "4 records" in text(as_alice.get(own))
    assert as_alice.post(own, {"name": "Plates"}).status_code == 422 and Record.every.count() == 4
    assert as_alice.post(own, {"name": " pots "})["Location"] == at(here, "records/")
    assert not Collection.every.exists() and not Record.every.exists() and not Change.every.exists()


# -- the table


def test_the_table_is_sorted_by_plain_fields_and_by_no_other(
    here: Access, as_alice: Client, pots: Collection
) -> None:
    many(here, pots, ("Salt", "Ash", "Tenmoku"))
    pot(here, pots, Glaze="Zinc")
    known, own = ids(here, pots), at(here, page(pots))
    assert titles(as_alice.get(own)) == ["Zinc", "Tenmoku", "Ash", "Salt"]
    assert titles(as_alice.get(own + f"?sort={known['Glaze'].hex}")) == ["Ash", "Salt", "Tenmoku", "Zinc"]
    assert titles(as_alice.get(own + f"?sort=-{known['Price'].hex}")) == ["Tenmoku", "Ash", "Salt", "Zinc"]
    for sort in (known["Buyer"].hex, "content", "-", "owner__sealed", "%00"):
        assert titles(as_alice.get(own + f"?sort={sort}")) == ["Zinc", "Tenmoku", "Ash", "Salt"]
    sorted_up = text(as_alice.get(own + f"?sort={known['Glaze'].hex}"))
    assert 'aria-sort="ascending"' in sorted_up and f"sort=-{known['Glaze'].hex}" in sorted_up


def test_pages_follow_one_another_in_any_order(
    here: Access, as_alice: Client, pots: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "PER_PAGE", 3)
    many(here, pots)
    for _ in range(3):
        pot(here, pots, Glaze="Unpriced")
    own = at(here, page(pots)) + f"?sort={ids(here, pots)['Price'].hex}&page="
    seen = [titles(as_alice.get(own + number)) for number in ("1", "2", "3")]
    assert seen == [list(NAMES[:3]), [NAMES[3], "Unpriced", "Unpriced"], ["Unpriced"]]
    assert titles(as_alice.get(own + "99")) == ["Unpriced"] and titles(as_alice.get(own + "x")) == list(
        NAMES[:3]
    )


@pytest.mark.parametrize("few", [0, 300])
def test_looking_for_whole_values_puts_none_of_them_into_an_address(
    here: Access, as_alice: Client, pots: Collection, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(grid, "FEW", few)
    many(here, pots)
    pot(here, pots, Glaze="Slip", Buyer="vera@buyer.example", Fired="2027-03-01", State="Chipped")
    known, find = ids(here, pots), at(here, page(pots, "find/"))

    def found(**asked: str) -> list[str]:
        sent = as_alice.post(find, {"text": "", **asked})
        assert sent.status_code == 302 and re.fullmatch(r"[^?]+/\?find=[0-9a-f]{8}", sent["Location"])
        return sorted(titles(as_alice.get(sent["Location"])))

    field = {name: f"f{pk.hex}".replace("f", "f-", 1) for name, pk in known.items()}
    assert found(text="VERA@buyer.example") == ["Slip"]
    assert found(text="vera@") == []
    assert found(text="tenmoku ") == ["Tenmoku"]
    assert found(**{f"{field['Price']}-from": "10", f"{field['Price']}-to": "20.0"}) == ["Celadon", "Salt"]
    assert found(**{f"{field['Price']}-is": "10.0"}) == ["Celadon"]
    assert found(**{f"{field['Fired']}-from": "2027-02-28"}) == ["Slip"]
    assert found(**{f"{field['State']}-is": "Chipped", f"{field['Glaze']}-is": "slip"}) == ["Slip"]
    pot(here, pots, Glaze="Ash", Price="7")
    pot(here, pots, Glaze="Ash")
    for sort, prices in ((known["Price"].hex, ["0", "7", ""]), ("-" + known["Price"].hex, ["7", "0", ""])):
        shown = as_alice.get(as_alice.post(find, {"text": "ash"})["Location"] + f"&sort={sort}")
        assert re.findall(r'num(?: when)?"><bdi>([^<]*)', text(shown)) == prices
    assert as_alice.post(find, {f"{field['Price']}-from": "cheap"}).status_code == 422
    assert as_alice.post(find, {f"{field['Notes']}-is": "x"})["Location"] == at(here, page(pots))


def test_what_was_looked_for_is_the_readers_own_and_of_one_collection(
    here: Access, alice: Person, as_alice: Client, pots: Collection
) -> None:
    many(here, pots)
    other = shape.make_collection(here, "Plates", POTS)
    sent = as_alice.post(at(here, page(pots, "find/")), {"text": "Salt"})["Location"]
    assert titles(as_alice.get(sent)) == ["Salt"]
    bob = colleague(alice)
    letting_in.seat(here, bob.owner_id, Role.VIEWER)
    assert len(titles(browser(bob).get(sent))) == 4
    assert "Salt" not in text(as_alice.get(sent.replace(str(pots.pk), str(other.pk))))


def test_the_table_asks_as_many_questions_for_a_hundred_records_as_for_one(
    here: Access, as_alice: Client, pots: Collection
) -> None:
    known = ids(here, pots)
    linked = shape.add_field(here, pots, Draft("Like", Kind.REFERENCE, target=pots.pk))
    last = pot(here, pots, Price="1")
    own = at(here, page(pots)) + f"?sort={known['Price'].hex}"
    as_alice.get(own)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert as_alice.get(own).status_code == 200
        ours = [each["sql"] for each in queries if 'FROM "records_' in each["sql"]]
        assert ours
        assert all('"owner_id" = ' in sql.partition(" WHERE ")[2] for sql in ours), "begins at this workspace"
        return len(queries)

    pot(here, pots, Price="2")
    with enter(here):
        flows_before = Record.objects.get(pk=last.pk)
    flows.change_record(here, flows_before, {linked.pk: str(last.pk)}, 1)
    few = asked()
    for n in range(12):
        made = pot(here, pots, Price=str(n))
        flows.change_record(here, made, {linked.pk: str(last.pk)}, 1)
    assert asked() == few


def test_sixty_fields_long_names_and_hostile_values_are_shown_as_they_are(
    here: Access, as_alice: Client
) -> None:
    script = "<script>alert(1)</script>"
    wide = shape.make_collection(here, "W" * 120, tuple(Draft(f"{script} {n}") for n in range(60)))
    known = list(ids(here, wide).values())
    row = flows.make_record(here, wide, {known[0]: script, known[1]: "x" * 5_000, known[59]: '" onclick="x'})
    for shown in (as_alice.get(at(here, page(wide))), as_alice.get(at(here, page(wide, f"{row.pk}/edit/")))):
        assert shown.status_code == 200 and script not in text(shown) and "&lt;script&gt;" in text(shown)
        assert '" onclick=' not in text(shown)
    assert "x" * 200 not in text(as_alice.get(at(here, page(wide))))
    assert "x" * 5_000 in text(as_alice.get(at(here, page(wide, f"{row.pk}/"))))


# -- what is done to those that are chosen


def test_deletion_asks_first_happens_once_and_is_undone_once(
    here: Access, as_alice: Client, pots: Collection
) -> None:
    rows, own = many(here, pots), at(here, page(pots))
    chosen = {"record": [str(row.pk) for row in rows[:3]] + ["nonsense", "'; drop table"], "do": "delete"}
    assert "Delete 3 records?" in text(as_alice.post(own + "chosen/", chosen)) and Record.every.count() == 4
    as_alice.post(own + "chosen/delete/", chosen)
    assert "deleted already" in text(as_alice.post(own + "chosen/delete/", chosen, follow=True))
    shown = as_alice.get(own)
    assert "3 records deleted." in text(shown) and titles(shown) == ["Tenmoku"]
    undo = {"act": hidden(shown, "act")}
    assert "as before" in text(as_alice.post(own + "undo/", undo, follow=True))
    assert Record.every.count() == 4
    again = text(as_alice.post(own + "undo/", undo, follow=True))
    assert "not your last change" not in again and "Undo</button>" not in again
    for wrong in ("", "x", str(uuid4())):
        assert as_alice.post(own + "undo/", {"act": wrong}).status_code == 302
    assert Record.every.count() == 4


def test_one_field_of_many_records_is_changed_at_once_or_of_none(
    here: Access, as_alice: Client, pots: Collection
) -> None:
    rows, own, known = many(here, pots), at(here, page(pots)), ids(here, pots)
    shape.add_field(here, pots, Draft("Later", is_required=True))
    chosen = {"record": [str(row.pk) for row in rows[:2]], "field": str(known["Glaze"]), "do": "change"}
    assert "Change 2 records" in text(as_alice.post(own + "chosen/", chosen))
    assert as_alice.post(own + "chosen/change/", {**chosen, f"f-{known['Glaze'].hex}": ""}).status_code == 422
    as_alice.post(own + "chosen/change/", {**chosen, f"f-{known['Glaze'].hex}": "Slip"})
    assert [kept(here, pots, row.pk)["Glaze"] for row in rows] == ["Slip", "Slip", "Salt", "Tenmoku"]
    same = {**chosen, "field": str(known["Number"]), f"f-{known['Number'].hex}": "same"}
    refused = as_alice.post(own + "chosen/change/", same)
    assert refused.status_code == 422 and "Another record has the same value" in text(refused)
    assert [kept(here, pots, row.pk)["Number"] for row in rows] == ["N0", "N1", "N2", "N3"]
    for field in ("", "x", str(uuid4())):
        assert as_alice.post(own + "chosen/", {**chosen, "field": field}).status_code == 302
        assert as_alice.post(own + "chosen/change/", {**chosen, "field": field}).status_code == 302
    assert "Choose some records" in text(as_alice.post(own + "chosen/", {"do": "delete"}, follow=True))


# -- one record


def test_a_record_is_written_once_and_faults_lose_nothing(
    here: Access, as_alice: Client, pots: Collection
) -> None:
    new = at(here, page(pots, "new/"))
    once = {"submission": hidden(as_alice.get(new), "submission")}
    wrong = as_alice.post(new, {**once, **told(here, pots, Buyer="nobody", Price="dear", Notes="keep\x07me")})
    assert wrong.status_code == 422 and not Record.every.exists()
    for said in ("not an e-mail address", "not a number", "cannot be kept", "nobody", "dear"):
        assert said in text(wrong)
    good = {**once, **told(here, pots, Buyer="vera@buyer.example", Notes="Two\r\nlines", State="Whole")}
    made = as_alice.post(new, good)
    assert as_alice.post(new, good)["Location"] == made["Location"] and Record.every.count() == 1
    assert kept(here, pots, Record.every.get().pk)["Notes"] == "Two\nlines"
    assert "vera@buyer.example" in text(as_alice.get(made["Location"]))
    for once in ({}, {"submission": "made up"}):
        stale = as_alice.post(new, {**told(here, pots), **once})
        assert stale.status_code == 422 and "Look it through" in text(stale) and Record.every.count() == 1


def test_of_two_who_change_a_record_the_second_keeps_what_they_typed_and_sees_the_first(
    here: Access, as_alice: Client, pots: Collection
) -> None:
    row = pot(here, pots)
    own = at(here, page(pots, f"{row.pk}/"))
    form = {"revision": hidden(as_alice.get(own + "edit/"), "revision"), **told(here, pots, Glaze="Salt")}
    assert as_alice.post(own + "edit/", form)["Location"] == own
    assert as_alice.post(own + "edit/", form)["Location"] == own, "a second press"
    assert Record.every.get().revision == 2
    clash = as_alice.post(own + "edit/", {**form, **told(here, pots, Glaze="Slip", Notes="mine")})
    assert clash.status_code == 409 and "mine" in text(clash) and "Salt" in text(clash)
    assert kept(here, pots, row.pk) == {"Glaze": "Salt"}
    over = {"revision": hidden(clash, "revision"), **told(here, pots, Glaze="Slip", Notes="mine")}
    as_alice.post(own + "edit/", over)
    assert kept(here, pots, row.pk) == {"Glaze": "Slip", "Notes": "mine"}


def test_the_history_says_who_changed_what_and_names_nobody_to_a_stranger(
    here: Access, alice: Person, as_alice: Client, pots: Collection
) -> None:
    bob, charlie, known = colleague(alice), customer(CHARLIE), ids(here, pots)
    letting_in.seat(here, bob.owner_id, Role.EDITOR)
    let_in(here, charlie, pots, Right.EDIT)
    row = pot(here, pots)
    flows.change_record(access(bob, here.workspace), row, {known["Glaze"]: "Salt"}, 1)
    flows.change_record(access(charlie, here.workspace), row, {known["Glaze"]: "Slip"}, 2)
    own = at(here, page(pots, f"{row.pk}/"))
    for_alice = re.sub(r"<[^>]+>|\s+", " ", text(as_alice.get(own)))
    for_charlie = re.sub(r"<[^>]+>|\s+", " ", text(browser(charlie).get(own)))
    assert (
        BOB["name"] in for_alice
        and CHARLIE["name"] in for_alice
        and "before: Ash" in " ".join(for_alice.split())
    )
    assert "Slip" in for_alice
    Grant.objects.all().delete()
    assert CHARLIE["name"] not in text(as_alice.get(own)), "who was let in and is out again is somebody"
    assert "You" in for_charlie


def test_what_was_taken_back_says_so_in_the_history(here: Access, as_alice: Client, pots: Collection) -> None:
    row, known = pot(here, pots), ids(here, pots)
    flows.change_record(here, row, {known["Glaze"]: "Salt"}, 1)
    with enter(here):
        last = flows.last_act(here, pots)
    assert last
    flows.undo(here, pots, last)
    told_back = text(as_alice.get(at(here, page(pots, f"{row.pk}/"))))
    assert "and took that back" in told_back and "Salt" not in told_back


def test_references_are_named_by_the_first_field_and_chosen_by_name(
    here: Access, as_alice: Client, pots: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ash, salt = pot(here, pots), pot(here, pots, Glaze="Salt")
    sold = shape.make_collection(
        here, "Sold", (Draft("Pot", Kind.REFERENCE, target=pots.pk, is_required=True),)
    )
    control = f"f-{ids(here, sold)['Pot'].hex}"
    new = at(here, page(sold, "new/"))
    shown = as_alice.get(new)
    assert f'<option value="{ash.pk}">Ash</option>' in text(shown)
    made = as_alice.post(new, {"submission": hidden(shown, "submission"), control: str(ash.pk)})
    for place in (made["Location"], at(here, page(sold))):
        assert "Ash" in text(as_alice.get(place))
    assert f"{pots.pk}/{ash.pk}/" in text(as_alice.get(made["Location"]))
    monkeypatch.setattr("troth.apps.records.naming.OFFERED", 1)
    shown = as_alice.get(new)
    assert "Type the whole name" in text(shown)
    once = {"submission": hidden(shown, "submission")}
    assert as_alice.post(new, {**once, control: "Nothing"}).status_code == 422
    pot(here, pots, Glaze="Ash")
    assert "Several records" in text(as_alice.post(new, {**once, control: "ash"}))
    as_alice.post(new, {**once, control: "SALT"})
    assert {kept(here, sold, row.pk)["Pot"] for row in Record.every.filter(collection=sold)} == {
        str(ash.pk), str(salt.pk)
    }  # fmt: skip
    flows.delete_records(here, pots, [ash.pk])
    assert "no longer there" in text(as_alice.get(made["Location"]))


# -- who may not


def let_in(here: Access, who: Person, part: Collection, right: Right = Right.VIEW) -> None:
    grant = Grant(owner_id=here.workspace.owner_id, to_id=who.owner_id, right=right, part=part.pk)
    grant.save(force_insert=True)


def addresses(of: Collection, record: UUID, field: UUID) -> dict[str, str]:
    """Every page of a collection: how it is asked for."""
    gets = ("", "fields/", "fields/new/", f"fields/{field}/", f"fields/{field}/remove/", "rename/", "delete/", "new/",
            f"{record}/", f"{record}/edit/")  # fmt: skip
    posts = (
        "find/",
        "chosen/",
        "chosen/delete/",
        "chosen/change/",
        "undo/",
        f"fields/{field}/move/",
        f"fields/{field}/remove/",
        "delete/",
        "rename/",
        "new/",
        f"{record}/edit/",
        "fields/new/",
        f"fields/{field}/",
    )
    return {
        **{page(of, each): "get" for each in gets},
        **{page(of, each) + "#post": "post" for each in posts},
    }


def answers(client: Client, here: Access, pages: dict[str, str]) -> dict[str, int]:
    sent = {"record": "x", "do": "delete", "name": "Pots", "act": str(uuid4())}
    return {
        each: getattr(client, how)(
            at(here, each.removesuffix("#post")), sent if how == "post" else {}
        ).status_code
        for each, how in pages.items()
    }


def test_another_customer_finds_no_page_of_a_collection(here: Access, pots: Collection) -> None:
    row, field = pot(here, pots), ids(here, pots)["Glaze"]
    charlie = customer(CHARLIE)
    as_charlie, theirs = browser(charlie), workspace(charlie)
    pages = addresses(pots, row.pk, field) | {"records/": "get", "records/new/": "get"}
    assert set(answers(as_charlie, here, pages).values()) == {404}
    # The same ids under a workspace of their own lead nowhere either.
    del pages["records/"], pages["records/new/"]
    assert set(answers(as_charlie, theirs, pages).values()) == {404}
    own = shape.make_collection(theirs, "Pots", POTS)
    assert as_charlie.get(at(theirs, page(own, f"{row.pk}/"))).status_code == 404
    chosen = {"record": [str(row.pk)], "do": "delete"}
    as_charlie.post(at(theirs, page(own, "chosen/delete/")), chosen)
    assert as_charlie.post(at(theirs, page(own, f"fields/{field}/remove/"))).status_code == 404
    assert Record.every.filter(pk=row.pk).exists() and Field.every.filter(pk=field).exists()


def test_a_viewer_sees_everything_and_no_button_that_changes(
    here: Access, alice: Person, pots: Collection
) -> None:
    row, field, bob = pot(here, pots), ids(here, pots)["Glaze"], colleague(alice)
    letting_in.seat(here, bob.owner_id, Role.VIEWER)
    as_bob, seen = (
        browser(bob),
        {page(pots), page(pots, "fields/"), page(pots, f"{row.pk}/"), page(pots, "find/") + "#post"},
    )
    found = answers(as_bob, here, addresses(pots, row.pk, field) | {"records/": "get", "records/new/": "get"})
    assert {each for each, status in found.items() if status in (200, 302)} == {*seen, "records/"}
    assert {status for status in found.values() if status not in (200, 302)} == {403}
    for each in seen - {page(pots, "find/") + "#post"}:
        shown = text(as_bob.get(at(here, each)))
        assert not re.search(r"chosen/|/new/|/edit/|type=.checkbox|/remove/|/rename/|undo/", shown), each
    assert "New collection" not in text(as_bob.get(at(here)))
    assert Record.every.count() == 1


def test_a_guest_of_one_collection_finds_it_and_nothing_beside_it(here: Access, pots: Collection) -> None:
    secret = shape.make_collection(here, "Debts", (Draft("Name", finding=Finding.PLAIN),))
    debt = flows.make_record(here, secret, {ids(here, secret)["Name"]: "Wilma"})
    owed = shape.add_field(here, pots, Draft("Owed by", Kind.REFERENCE, target=secret.pk))
    row = flows.make_record(here, pots, {ids(here, pots)["Glaze"]: "Ash", owed.pk: str(debt.pk)})
    charlie = customer(CHARLIE)
    let_in(here, charlie, pots, Right.EDIT)
    as_charlie = browser(charlie)
    for each in (
        "",
        "records/",
        page(pots),
        page(pots, "fields/"),
        page(pots, f"{row.pk}/"),
        page(pots, f"{row.pk}/edit/"),
    ):
        shown = as_charlie.get(at(here, each))
        assert shown.status_code == 200 and "Debts" not in text(shown) and "Wilma" not in text(shown), each
    assert "not open to you" in text(as_charlie.get(at(here, page(pots))))
    assert set(answers(as_charlie, here, addresses(secret, debt.pk, ids(here, secret)["Name"])).values()) == {
        404,
        403,
    }
    form = {"revision": "1", **told(here, pots, Glaze="Salt")}
    assert as_charlie.post(at(here, page(pots, f"{row.pk}/edit/")), form).status_code == 302
    assert kept(here, pots, row.pk) == {"Glaze": "Salt", "Owed by": str(debt.pk)}
    assert as_charlie.get(at(here, page(pots, "delete/"))).status_code == 403
    assert as_charlie.get(at(here, "records/new/")).status_code == 403
    Grant.objects.all().delete()
    assert as_charlie.get(at(here, page(pots))).status_code == 404


def test_an_ended_workspace_is_read_and_not_changed(here: Access, as_alice: Client, pots: Collection) -> None:
    row = pot(here, pots)
    Workspace.objects.update(ended_at=timezone.now())
    found = answers(as_alice, here, addresses(pots, row.pk, ids(here, pots)["Glaze"]))
    assert found[page(pots)] == found[page(pots, f"{row.pk}/")] == 200
    assert "New record" not in text(as_alice.get(at(here, page(pots)))) and Record.every.count() == 1
    assert found[page(pots, "new/") + "#post"] == 302 and Field.every.count() == len(POTS)


def test_bodies_that_are_too_large_or_malformed_are_refused_whole(
    here: Access, as_alice: Client, pots: Collection
) -> None:
    own = at(here, page(pots))
    assert as_alice.post(own + "new/", told(here, pots, Notes="x" * 1_100_000)).status_code in (400, 413)
    assert as_alice.post(own + "chosen/", {"record": ["x"] * 300}).status_code == 400
    form = {
        "submission": hidden(as_alice.get(own + "new/"), "submission"),
        **told(here, pots, Notes="x" * 5_001),
    }
    assert "longer than 5000 characters" in text(as_alice.post(own + "new/", form))
    assert as_alice.post(own + "find/", {"text": "x" * 501}).status_code == 422
    assert as_alice.post(own + "find/", {"text": "a\x00b"}).status_code == 422
    for wrong in (
        "records/none/",
        f"records/{pots.pk}/none/",
        f"records/{uuid4()}/",
        page(pots, f"{uuid4()}/"),
    ):
        assert as_alice.get(at(here, wrong)).status_code == 404
    assert not Record.every.exists()


def test_sharing_begins_with_the_collection_chosen(here: Access, as_alice: Client, pots: Collection) -> None:
    link = re.findall(r'href="([^"]+part=[^"]+)"', text(as_alice.get(at(here, page(pots)))))[0]
    shown = text(as_alice.get(link))
    assert f'<option value="{pots.pk}" selected>Pots</option>' in shown
    assert 'name="right"' in shown and "selected>Plates" not in text(
        as_alice.get(link.replace(str(pots.pk), "'\"<"))
    )
