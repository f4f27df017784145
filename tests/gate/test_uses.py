"""What a use opens, what it refuses, and what it leaves on record."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.template import Context, Template

from tests.cast import ALICE, CHARLIE, acting, durable, enquiry_of, staff, stores
from tests.gate.conftest import Edit
from troth.apps.enquiries.models import Enquiry
from troth.engine.statement import combine, compile_statement, parse
from troth.gate.errors import GateError, Refused, SealBroken, SealedError
from troth.gate.journal import writing
from troth.gate.journal.models import Entry, Share
from troth.gate.keystore import keys
from troth.gate.published import statement
from troth.gate.published.models import StatementVersion
from troth.gate.uses import EACH, SYSTEM, Actor, OwnData, act, using

pytestmark = stores


def detail(subject: str, number: int = -1) -> dict[str, object]:
    """The detail of a subject's share of an entry, opened with their own key."""
    share = list(Share.objects.filter(subject=subject).order_by("pk"))[number]
    return dict(
        json.loads(
            writing.open_share(keys.ciphers([subject])[subject], subject, share.entry, bytes(share.sealed))[1]
        )
    )


def test_sales_read_an_enquiry_on_its_own_ground() -> None:
    dana, enquiry = acting(staff()), enquiry_of()
    with using("answering-enquiries", by=dana, given=enquiry):
        assert (enquiry.name, enquiry.message) == (ALICE["name"], ALICE["message"])
    told = detail(enquiry.owner_id.hex)
    assert told["role"] == "sales" and told["used"] == {
        "contact.name": "use.requested",
        "enquiry.message": "use.requested",
    }


def test_nothing_is_readable_outside_a_use() -> None:
    enquiry = enquiry_of()
    with pytest.raises(SealedError, match="no use is open"):
        _ = enquiry.email
    assert ALICE["email"] not in repr(enquiry.__dict__)


def test_nothing_is_readable_after_the_use() -> None:
    dana, enquiry = acting(staff()), enquiry_of()
    with using("answering-enquiries", by=dana, given=enquiry) as use:
        assert enquiry.email
    with pytest.raises(SealedError):
        use.read(enquiry, Enquiry.seals["email"])


def test_a_purpose_that_no_clause_gives_is_refused_and_recorded() -> None:
    dana, enquiry = acting(staff()), enquiry_of()
    with pytest.raises(Refused), using("personalising", by=dana, given=enquiry):
        _ = enquiry.email
    last = Entry.objects.latest("seq")
    assert last.kind == 5 and detail(enquiry.owner_id.hex)["refused"] == "Refused"


def test_an_enquiry_is_no_ground_for_another() -> None:
    dana, alice, charlie = acting(staff()), enquiry_of(), enquiry_of(CHARLIE)
    with pytest.raises(Refused), using("answering-enquiries", by=dana, given=alice):
        _ = charlie.email


def test_a_visitor_sees_own_data_only() -> None:
    alice, charlie = enquiry_of(), enquiry_of(CHARLIE)
    by = Actor("data-subject", alice.owner_id)
    with using("showing-own-data", by=by, given=OwnData(alice.owner_id)):
        assert alice.email == ALICE["email"]
    with pytest.raises(Refused), using("showing-own-data", by=by, given=OwnData(alice.owner_id)):
        _ = charlie.email


@pytest.mark.parametrize(
    "source",
    [
        "{% if row.email == 'x' %}{% endif %}",
        "{{ row.email|default:'none' }}",
        "{% firstof row.email 'none' %}",
    ],
)
def test_a_template_that_swallows_a_refusal_poisons_the_use(source: str) -> None:
    enquiry = enquiry_of()
    with pytest.raises(Refused), using("personalising", by=SYSTEM), suppress(Refused):
        Template(source).render(Context({"row": enquiry}))


def test_a_use_is_not_held_across_a_yield() -> None:
    def leaking():  # type: ignore[no-untyped-def]
        with using("answering-enquiries", by=SYSTEM):
            yield 1

    with pytest.raises(GateError, match="yield"):
        next(leaking())


def test_a_list_is_recorded_once_with_a_share_for_each_subject() -> None:
    dana = acting(staff())
    rows = [enquiry_of(), enquiry_of(CHARLIE)]
    before = Entry.objects.count()
    with using("answering-enquiries", by=dana, given=EACH):
        assert {row.email for row in Enquiry.objects.all()} == {ALICE["email"], CHARLIE["email"]}
    assert Entry.objects.count() == before + 1
    entry = Entry.objects.latest("seq")
    assert set(Share.objects.filter(entry=entry.id).values_list("subject", flat=True)) == {
        *(row.owner_id.hex for row in rows), dana.subject.hex,
    }  # fmt: skip


def test_lookup_finds_by_any_spelling() -> None:
    enquiry_of()
    assert Enquiry.objects.lookup(email=" ALICE@archer.EXAMPLE ").count() == 1
    assert Enquiry.objects.lookup(email="bob@archer.example").count() == 0
    assert Enquiry.objects.lookup(email="no address").count() == 0


def test_a_list_costs_one_key_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for _ in range(5):
        enquiry_of()
    with using("answering-enquiries", by=SYSTEM, given=EACH), django_assert_num_queries(1, using="keys"):
        assert len([row.email for row in Enquiry.objects.all()]) == 5


def test_a_destroyed_key_stops_the_next_read() -> None:
    from troth.gate.errors import Erased

    enquiry = enquiry_of()
    with using("answering-enquiries", by=SYSTEM, given=enquiry):
        assert enquiry.email
    keys.destroy(enquiry.owner_id.hex)
    with pytest.raises(Erased), using("answering-enquiries", by=SYSTEM, given=enquiry):
        _ = enquiry.email


@durable
def test_the_entry_of_a_rolled_back_act_is_kept() -> None:
    enquiry = enquiry_of()
    before = Entry.objects.count()
    with pytest.raises(ZeroDivisionError), act():
        with using("answering-enquiries", by=SYSTEM, given=enquiry):
            assert enquiry.email
        raise ZeroDivisionError
    assert Entry.objects.count() == before + 1


@durable
def test_the_entry_of_a_use_whose_savepoint_is_rolled_back_is_kept() -> None:
    enquiry = enquiry_of()
    before = Entry.objects.count()
    with act(), suppress(ZeroDivisionError), transaction.atomic():
        with using("answering-enquiries", by=SYSTEM, given=enquiry):
            assert enquiry.email
        raise ZeroDivisionError
    assert Entry.objects.count() == before + 1


def older(text: str) -> StatementVersion:
    """A version that was once in force, kept with its own hash."""
    agreement = Path("agreement.md").read_text()
    version = compile_statement(combine(parse(text, "older"), parse(agreement, "agreement"))).version
    return StatementVersion.objects.create(version=version, text=text, agreement=agreement)


def moved_under(version: str) -> Enquiry:
    enquiry = enquiry_of()
    Enquiry.objects.filter(pk=enquiry.pk).update(collected_under=version[:16])
    return Enquiry.objects.get(pk=enquiry.pk)


def test_a_row_cannot_be_moved_under_another_statement() -> None:
    moved = moved_under(older(Path("statement.md").read_text() + "\nOnce more.\n").version)
    with pytest.raises(SealBroken), using("answering-enquiries", by=SYSTEM, given=moved):
        _ = moved.email


def test_a_version_whose_kept_text_was_edited_decides_nothing(edit_statement: Edit, settings: Any) -> None:
    today = settings.TROTH_STATEMENT
    edit_statement("This statement says what iPlum", "This statement tells what iPlum")
    statement.publish()
    before = enquiry_of()
    settings.TROTH_STATEMENT = today
    statement.forget_cached()
    with using("answering-enquiries", by=SYSTEM, given=before):
        assert before.email == ALICE["email"]
    StatementVersion.objects.filter(version__startswith=before.collected_under).update(
        text=Path(today).read_text()
    )
    statement.forget_cached()
    refused = pytest.raises(Refused, match="not known here")
    with refused, using("answering-enquiries", by=SYSTEM, given=before):
        _ = before.email


def test_what_is_written_after_a_row_was_read_anew_keeps_what_stands_there() -> None:
    enquiry, same = enquiry_of(), Enquiry.objects.get()
    with using("answering-enquiries", by=SYSTEM, at="contact-us", given=enquiry):
        assert enquiry.name == ALICE["name"]
        same.name = "Alice A. Archer"
        same.save()
        enquiry.refresh_from_db()
        enquiry.phone = "+12025550199"
        enquiry.save()
        assert Enquiry.objects.get().name == "Alice A. Archer"
