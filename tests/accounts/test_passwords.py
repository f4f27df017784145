"""Which passwords are taken, and that the person is told why not (ASVS 6.2.1, 6.2.4, 6.2.5, 6.2.9, 6.2.12)."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.test import Client

from tests.accounts.conftest import ACTIVATE, ADDRESS, PASS_PHRASE, browser, set_up_app, sign_in
from tests.cast import durable, staff
from tests.gate.at_the_prompt import tables_holding
from troth.accounts import passwords
from troth.accounts.models import User
from troth.gate.journal.models import Entry

GOOD = "lamp tractor oblique fennel"
SHORT = "kz9#vTq2wL"  # ten characters, as a manager of passwords makes them
CHANGE, ADVICE = "/accounts/password/change/", "/accounts/password/advice/"
ALICE = ["Alice Archer", "Archer Pottery", "alice.archer@kilnworks.example"]


def faults(password: str, words: list[str] | None = None, second: bool = False) -> str:
    return " ".join(passwords.explain(password, words or [], second).faults)


@pytest.mark.parametrize("password", ["", "a", "fourteen chars", SHORT])
def test_fewer_than_fifteen_characters_are_too_short_alone(password: str) -> None:
    assert f"{len(password)} of 15" in faults(password)


def test_eight_are_enough_beside_a_second_factor_and_seven_are_not() -> None:
    assert not faults("kz9#vTq2", second=True)
    assert "7 of 8" in faults("kz9#vTq", second=True)


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "123456789012345",
        "qwertyuiopasdfgh",
        "aaaaaaaaaaaaaaaaaaaaaa",
        "abcdefghijklmnopqrstuvwxyz",
    ],
)
def test_what_everybody_tries_is_refused_however_long(password: str) -> None:
    assert faults(password) and passwords.ADVICE in passwords.explain(password).words


@pytest.mark.parametrize("password", ["password1", "qwertyuiop", "iloveyou", "1q2w3e4r5t"])
def test_common_ones_are_refused_beside_a_second_factor_too(password: str) -> None:
    assert "lists" in faults(password, second=True)


@pytest.mark.parametrize(
    "password",
    ["oblique ARCHER fennel lamp", "xxAlicexx tractor lamp", "kilnworks4tractor!lamp", "my pottery fennel"],
)
def test_a_part_of_the_persons_own_name_company_or_address_is_refused(password: str) -> None:
    assert "your name, your company or your address" in faults(password, ALICE)
    assert not faults(password)


def test_short_parts_of_a_name_are_let_be() -> None:
    assert not faults("oblique bobbin tractor lamp", ["Bob Li"])


@pytest.mark.parametrize(
    "password",
    [GOOD, "ňoŕýbnícké švestky léta", "四十二匹の猫が踊る夜に雨が降る", "                x y zebra lamp"],
)
def test_any_kind_of_character_will_do_and_none_is_asked_for(password: str) -> None:
    assert not faults(password, ALICE)


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(ValidationError) as refused:
        passwords.validate("archer", ALICE)
    assert len(refused.value.messages) >= 3 and refused.value.messages[-1] == passwords.ADVICE


def test_a_good_one_is_called_good_and_why() -> None:
    answer = passwords.explain(GOOD, ALICE)
    assert answer.is_enough and answer.words.startswith("Good") and GOOD not in answer.words


@pytest.fixture
def dana(dana_at: Client) -> Client:
    staff(email=ADDRESS, password=PASS_PHRASE)
    sign_in(dana_at)
    return dana_at


def change(client: Client, new: str, old: str = PASS_PHRASE) -> Any:
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new})


@durable
def test_all_of_a_long_password_counts(dana: Client) -> None:
    long = GOOD * 8
    assert change(dana, long).status_code == 302
    dana.post("/accounts/logout/")
    assert sign_in(browser(), password=long[:-1]).status_code == 200
    assert sign_in(browser(), password=long[:72]).status_code == 200
    assert sign_in(browser(), password=long).status_code == 302


@durable
def test_the_page_refuses_and_explains_without_a_script(dana: Client) -> None:
    page = change(dana, "novak novak novak novak").content.decode()
    assert "your name" in page and passwords.ADVICE in page
    assert User.objects.get().check_password(PASS_PHRASE)


@durable
def test_with_the_app_a_short_one_is_taken_and_then_the_app_cannot_go_alone(dana: Client) -> None:
    set_up_app(dana)
    assert change(dana, SHORT).status_code == 302
    assert User.objects.get().is_password_short
    page = dana.post("/accounts/2fa/totp/deactivate/").content.decode()
    assert "fewer than 15 characters" in page and Authenticator.objects.filter(type="totp").exists()
    assert change(dana, GOOD, old=SHORT).status_code == 302
    assert dana.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.exists()


@durable
def test_without_it_the_same_one_is_refused(dana: Client) -> None:
    assert change(dana, SHORT).status_code == 200


@durable
def test_the_meter_explains_to_anybody_and_keeps_nothing(caplog: pytest.LogCaptureFixture) -> None:
    victor, marker = browser(), "zx-marker-of-victor"
    before = Entry.objects.count()
    said = json.loads(victor.post(ADVICE, {"password": "tooshort"}).content)
    assert not said["is_enough"] and "8 of 15" in said["words"]
    answer = victor.post(ADVICE, {"password": marker})
    assert json.loads(answer.content)["is_enough"] and "no-store" in answer["Cache-Control"]
    assert tables_holding(marker.encode()) == [] and marker not in caplog.text
    assert Entry.objects.count() == before and not victor.cookies


@durable
def test_the_meter_tires_before_a_program_does() -> None:
    victor = browser()
    codes = [victor.post(ADVICE, {"password": "x"}).status_code for _ in range(61)]
    assert codes[:60] == [200] * 60 and codes[60] == 429


@durable
def test_the_meter_takes_no_password_in_an_address_and_none_from_another_site() -> None:
    assert browser().get(f"{ADVICE}?password=x").status_code == 405
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert strict.post(ADVICE, {"password": "x"}, secure=True).status_code == 403


@durable
def test_the_meter_knows_a_second_factor(dana: Client) -> None:
    set_up_app(dana)
    assert json.loads(dana.post(ADVICE, {"password": SHORT}).content)["is_enough"]
    assert dana.get(ACTIVATE).status_code in (200, 302)


@durable
def test_an_answer_never_repeats_the_password(dana: Client) -> None:
    page = change(dana, "short-secret").content.decode()
    assert "short-secret" not in page
