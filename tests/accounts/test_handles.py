"""The sign-in library's tables see handles: no address, place, agent or secret, whatever staff do with its pages."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from tests.accounts.conftest import ADDRESS, AGENT, PASS_PHRASE, PLACE, set_up_app, sign_in
from tests.cast import durable, staff
from tests.gate.at_the_prompt import everything_in, tables_holding
from troth.accounts import addresses
from troth.accounts.models import AddressHandle, StaffMember, User
from troth.gate.subjects.models import DataSubject

pytestmark = durable


def told(secrets: list[str]) -> dict[str, list[str]]:
    """Where in the data store any of the texts stands, in any case of letters."""
    forms = {form for secret in secrets for form in (secret, secret.lower(), secret.upper())}
    found = {form: tables_holding(form.encode()) for form in forms}
    return {form: tables for form, tables in found.items() if tables}


def recovery_codes(client: Client) -> list[str]:
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    return re.findall(r"\b[0-9]{8}\b|\b[0-9a-f]{5}-?[0-9a-f]{5}\b", page)


def test_a_whole_life_with_the_pages_leaves_handles_only(
    dana_at: Client, caplog: pytest.LogCaptureFixture
) -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    assert sign_in(dana_at, password="not it at all, sorry").status_code == 200
    assert sign_in(dana_at, "DANA.Novak@iPlum.example ").status_code == 302
    secret = set_up_app(dana_at)
    codes = recovery_codes(dana_at)
    assert len(codes) == 10
    dana_at.post("/accounts/logout/")
    assert "/2fa/authenticate" in sign_in(dana_at)["Location"]
    assert dana_at.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert dana_at.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert dana_at.get("/office/").status_code == 200
    seed = Authenticator.objects.get(type="recovery_codes").data["seed"]
    assert len(seed) > 60
    assert told([ADDRESS, "dana.novak", "Dana", "Novak", PASS_PHRASE, AGENT, PLACE, secret, *codes]) == {}
    assert ADDRESS not in caplog.text and "dana" not in caplog.text.lower()


def test_the_scan_itself_finds_what_is_planted() -> None:
    staff(email=ADDRESS)
    EmailAddress.objects.update(email=ADDRESS)
    assert told([ADDRESS]) == {ADDRESS: ["account_emailaddress"]}


def test_a_wrong_password_for_an_unknown_address_keeps_nothing(dana_at: Client) -> None:
    sign_in(dana_at, "stranger@elsewhere.example")
    assert told(["stranger", "elsewhere.example"]) == {}
    assert not AddressHandle.objects.exists() and not EmailAddress.objects.exists()


def test_what_was_typed_is_not_in_the_cache_either(dana_at: Client) -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    for _ in range(3):
        sign_in(dana_at, password="wrong")
    held = repr(cache._cache).lower()  # type: ignore[attr-defined]
    assert "dana" not in held and "iplum.example" not in held


def test_the_same_person_in_any_spelling_has_one_handle() -> None:
    dana = staff(email=ADDRESS)
    for spelling in (ADDRESS, ADDRESS.upper(), f" {ADDRESS}", "Dana.Novak@IPLUM.EXAMPLE"):
        assert addresses.handle_for(spelling) == dana.user.email
    assert AddressHandle.objects.count() == 1


def test_handles_are_random_and_go_nowhere() -> None:
    one, other = staff(email=ADDRESS).user.email, staff(email="bob@iplum.example").user.email
    assert one != other and re.fullmatch(r"[0-9a-f]{32}@handle\.invalid", one)
    unknown = addresses.handle_for("nobody@iplum.example")
    assert (
        unknown == addresses.handle_for("Nobody@iPlum.example") != addresses.handle_for("noone@iplum.example")
    )


def test_a_handle_that_is_typed_signs_nobody_in_without_the_password(dana_at: Client) -> None:
    handle = staff(email=ADDRESS, password=PASS_PHRASE).user.email
    assert sign_in(dana_at, handle, "guess guess guess guess").status_code == 200
    assert "_auth_user_id" not in dana_at.session


@pytest.mark.parametrize(
    "address",
    ["", "dana", "dana@", "@iplum.example", "dana@iplum.example\nBcc: x@y.example", "a" * 400 + "@b.example"],
)
def test_what_is_no_address_signs_nobody_in_and_breaks_nothing(dana_at: Client, address: str) -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    assert sign_in(dana_at, address).status_code == 200


def test_no_two_members_of_staff_share_an_address() -> None:
    staff(email=ADDRESS)
    with pytest.raises(ValueError, match="already"):
        staff(email=ADDRESS.upper())
    assert User.objects.count() == StaffMember.objects.count() == DataSubject.objects.count() == 1


def test_a_role_that_is_none_appoints_nobody() -> None:
    with pytest.raises(ValueError, match="the roles are"):
        staff("king")
    assert not User.objects.exists()


def test_sessions_are_sealed(dana_at: Client) -> None:
    dana = staff(email=ADDRESS, password=PASS_PHRASE)
    sign_in(dana_at)
    session = Session.objects.latest("expire_date")
    assert dana_at.session["_auth_user_id"] == str(dana.user.pk)
    held = everything_in("django_session")
    assert str(dana.user.pk).encode() not in held and dana.user.email.encode() not in held
    assert b"auth_user" not in held and b"eyJ" not in session.session_data.encode()[:3]


@pytest.mark.parametrize(
    "forge",
    [lambda text: text[:-4], lambda text: "x", lambda text: "", lambda text: text[::-1], lambda text: "é"],
)
def test_a_forged_session_is_no_session(dana_at: Client, forge) -> None:  # type: ignore[no-untyped-def]
    staff(email=ADDRESS, password=PASS_PHRASE)
    sign_in(dana_at)
    session = Session.objects.latest("expire_date")
    Session.objects.filter(pk=session.pk).update(session_data=forge(session.session_data))
    assert "/accounts/login/" in dana_at.get("/office/")["Location"]


def test_the_secret_of_a_second_factor_is_sealed(dana_at: Client) -> None:
    staff(email=ADDRESS, password=PASS_PHRASE)
    sign_in(dana_at)
    secret = set_up_app(dana_at)
    held = Authenticator.objects.get(type="totp").data
    assert set(held) == {"secret"} and secret not in str(held)
