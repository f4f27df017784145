"""The control of `security.credentials` breaks when the promise does."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection
from django.urls import NoReverseMatch

from tests.accounts.conftest import ADDRESS, PASS_PHRASE
from tests.cast import durable, staff
from troth.accounts import controls
from troth.accounts.models import AddressHandle, StaffMember, User
from troth.accounts.people.models import Person
from troth.gate.outbound import probe
from troth.gate.proving.answers import prove
from troth.gate.published import statement
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, using

pytestmark = durable


@pytest.fixture(autouse=True)
def dana() -> StaffMember:
    return staff(email=ADDRESS, password=PASS_PHRASE)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    controls.notice_under.cache_clear()


def answer() -> tuple[str, str]:
    (found,) = prove(controls.CLAUSE)
    return found.status, f"{found.figure} {found.evidence}"


def alice(told: str, under: str = "") -> Person:
    subject = DataSubject.begin(Kind.PERSON)
    user = User.objects.create_user(subject, f"{'a' * 32}@handle.invalid", PASS_PHRASE)
    with using("running-an-account", by=SYSTEM, at="registration"):
        person = Person(
            owner=subject, user=user, notice_hash=told, name="Alice", email="alice@archer.example"
        )
        if under:
            person.collected_under = under
        person.save(force_insert=True)
    return person


def page(monkeypatch: pytest.MonkeyPatch, body: str, status: int = 200) -> None:
    """What the server answers, as far as this test is concerned; whether it really does is seen in the demo."""
    monkeypatch.setattr(controls, "reverse", lambda *_, **__: "/register/")
    monkeypatch.setattr(controls.probe, "get", lambda *_, **__: probe.Answer(status, [], body))


def the_notice() -> str:
    (clause,) = (each for each in statement.document().clauses if each.id == controls.CLAUSE)
    return clause.prose.split("\n\n")[0]


def test_while_the_server_is_down_nothing_is_proved() -> None:
    status, said = answer()
    assert status == "unproven" and "does not answer" in said


def test_a_page_that_tells_it_keeps_the_clause(monkeypatch: pytest.MonkeyPatch) -> None:
    alice(controls.notice_under(statement.under()))
    page(monkeypatch, f"<p>{the_notice()}</p>".replace("'", "&#x27;"))
    finding = controls.credentials_are_kept()
    assert finding.status == "kept" and finding.figure.startswith("1 accounts, each told; 2 logins")


def test_a_page_that_does_not_breaks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    page(monkeypatch, "<p>Register</p>")
    assert answer()[0] == "broken"
    page(monkeypatch, the_notice(), 404)
    assert answer()[0] == "broken"


@pytest.mark.parametrize("told", ["", "0" * 64])
def test_an_account_that_was_not_told_breaks_it(told: str) -> None:
    alice(told)
    status, said = answer()
    assert status == "broken" and "not shown its notice" in said


def test_a_notice_of_a_statement_nobody_published_breaks_it() -> None:
    alice(controls.notice_under(statement.under()), under="f" * 16)
    assert answer()[0] == "broken"


@pytest.mark.parametrize("kept", [PASS_PHRASE, "pbkdf2_sha256$1$a$b", "argon2$argon2i$v=19$x", ""])
def test_a_password_outside_the_hasher_breaks_it(kept: str) -> None:
    User.objects.update(password=kept)
    status, said = answer()
    assert status == "broken" and "outside the hasher" in said and PASS_PHRASE not in said


@pytest.mark.parametrize(
    ("model", "column"), [(User, "email"), (EmailAddress, "email"), (AddressHandle, "handle")]
)
def test_an_address_in_a_sign_in_table_breaks_it(model: Any, column: str) -> None:
    model.objects.update(**{column: ADDRESS})
    status, said = answer()
    assert status == "broken" and "more than a handle" in said and ADDRESS not in said


def test_a_passkey_in_clear_breaks_it(dana: StaffMember) -> None:
    Authenticator.objects.create(
        user=dana.user, type="webauthn", data={"name": "Dana’s key", "credential": {}}
    )
    assert "not sealed" not in answer()[1]
    with connection.cursor() as cursor:
        cursor.execute("""UPDATE mfa_authenticator SET data = '{"name": "x"}'""")
    status, said = answer()
    assert status == "broken" and "passkeys not sealed" in said


def test_a_login_without_a_password_is_none_outside_it(dana: StaffMember) -> None:
    dana.user.set_unusable_password()
    dana.user.save()
    assert answer()[0] == "unproven"


def test_what_people_are_told_is_what_is_checked() -> None:
    registering = pytest.importorskip("troth.accounts.people.registering")
    assert registering.notice_hash() == controls.notice_under(statement.under())


def test_no_page_to_register_on_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> str:
        raise NoReverseMatch

    monkeypatch.setattr(controls, "reverse", none)
    assert answer()[0] == "unproven"
