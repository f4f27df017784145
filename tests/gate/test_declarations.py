"""`troth check`: a model that forgets to declare an owner, a column, a category or an ending does not start."""

import html
import re
from typing import Any

import pytest
from django.core.checks import Error, run_checks
from django.db import models
from django.test import Client
from django.test.utils import isolate_apps

from tests.gate.test_collection import WITHOUT_PHONE
from troth.gate import registry
from troth.gate.subjects import register
from troth.gate.subjects.access import titles
from troth.gate.subjects.checks import _problems, check_declarations, check_statement, check_transactions
from troth.gate.subjects.fields import ConcernsField, Declared, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.subjects.register import STRUCTURAL, against_the_code, items, personal_models, readable


def codes(model: type[PersonalModel]) -> list[str]:
    return [str(problem.id) for problem in _problems(model)]


@isolate_apps("troth.gate.subjects")
def test_a_model_without_an_owner_or_with_two_is_e001() -> None:
    class Stray(PersonalModel):
        class Meta:
            app_label = "subjects"

        class Privacy:
            kept_with_owner = True

    class Shared(PersonalModel):
        owner = OwnerField()
        other = OwnerField()

        class Meta:
            app_label = "subjects"

        class Privacy:
            kept_with_owner = True

    assert codes(Stray) == codes(Shared) == ["troth.E001"]


@isolate_apps("troth.gate.subjects")
def test_a_column_in_none_of_the_three_states_is_e002() -> None:
    class Forgetful(PersonalModel):
        owner = OwnerField()
        nickname = models.CharField(max_length=10)
        topic = models.CharField(max_length=10)
        city = Declared(models.CharField(max_length=10), "contact.address", because="a test")

        class Meta:
            app_label = "subjects"

        class Privacy:
            plain = {"topic": "a fixed list"}

    [problem] = _problems(Forgetful)
    assert problem.id == "troth.E002" and "`nickname`" in problem.msg and problem.hint


@isolate_apps("troth.gate.subjects")
def test_a_category_the_statement_does_not_define_is_e003() -> None:
    class Unknown(PersonalModel):
        owner = OwnerField()
        shoe = Sealed(models.CharField(max_length=10), "contact.shoe-size")
        hat = Declared(models.CharField(max_length=10), "hats", because="a test")

        class Meta:
            app_label = "subjects"

        class Privacy:
            kept_with_owner = True

    assert codes(Unknown) == ["troth.E003", "troth.E003"]


@isolate_apps("troth.gate.subjects")
def test_a_sealed_field_that_nothing_ends_is_e004() -> None:
    class Forever(PersonalModel):
        owner = OwnerField()
        name = Sealed(models.CharField(max_length=10), "contact.name")

        class Meta:
            app_label = "subjects"

    class Ending(PersonalModel):
        owner = OwnerField()
        name = Sealed(models.CharField(max_length=10), "contact.name")
        at = models.DateTimeField()

        class Meta:
            app_label = "subjects"

        class Privacy:
            plain = {"at": "a time"}
            keep = {"last-contact": "at"}

    assert codes(Forever) == ["troth.E004"] and codes(Ending) == []


def test_transactions_around_whole_requests_are_e005(settings: Any) -> None:
    assert check_transactions(None) == []
    settings.DATABASES = {
        **settings.DATABASES,
        "default": {**settings.DATABASES["default"], "ATOMIC_REQUESTS": True},
    }
    assert [problem.id for problem in check_transactions(None)] == ["troth.E005"]


def test_the_house_itself_has_nothing_to_declare() -> None:
    assert check_declarations(None) == []
    assert not [problem for problem in run_checks() if isinstance(problem, Error)]


def test_a_category_taken_out_of_the_statement_stops_the_house(edit_statement: Any) -> None:
    edit_statement('    phone "Phone number" because', '    mobile "Mobile number" because')
    edit_statement(*WITHOUT_PHONE)
    edit_statement(
        "contact.address, contact.phone, contact.email\n    at registration",
        "contact.email\n    at registration",
    )
    edit_statement("contact.phone, contact.email at data-check", "contact.email at data-check")
    assert "troth.E003" in [problem.id for problem in check_declarations(None)]


def test_every_data_item_says_how_it_is_kept() -> None:
    for model in personal_models():
        for item in items(model):
            assert item.state == "sealed" or item.why, f"{item.model}.{item.field}"


@pytest.mark.django_db
def test_the_statements_page_lists_every_column_that_is_not_sealed_with_its_reason(victor: Client) -> None:
    page = html.unescape(victor.get("/privacy/").content.decode())
    shown = re.findall(r'<span class="id">([\w.]+)</span></td><td>([^<]+)</td>', page)
    wanted = {
        f"{model._meta.label}.{field.name}"
        for model in personal_models()
        for field in model._meta.concrete_fields
        if field.name not in STRUCTURAL
        and not isinstance(field, OwnerField | ConcernsField)
        and field.name.removesuffix("_index") not in model.seals
    }
    assert {column for column, _ in shown} == wanted and all(why.strip() for _, why in shown)
    assert {"enquiries.Enquiry.topic", "accounts.SignIn.at", "accounts.StaffMember.country"} <= wanted
    assert len(shown) == len(wanted) == len(readable())
    assert all(f"<summary>{titles()[item.model]} " in page for item in readable())


@pytest.mark.parametrize("model", personal_models(), ids=lambda model: model.__name__)
def test_no_sealed_field_is_a_column(model: type[PersonalModel]) -> None:
    columns = {field.name for field in model._meta.concrete_fields}
    assert not columns & set(model.seals)


def test_a_place_that_no_clause_names_is_e006(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.PLACES, "back-door", "nowhere:at_all")
    found = check_statement(None)
    assert [error.id for error in found] == ["troth.E006"] and "`back-door`" in found[0].msg


def test_rule_8_sees_what_no_model_of_the_code_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> set[str]:
        return {each.clauses[0] for each in against_the_code() if "use of what it allows" in each.message}

    assert not {"security.measures", "use.requested", "public.posts"} & missing()
    posted = [m for m in personal_models() if any(s.category.startswith("posts.") for s in m.seals.values())]
    others = [model for model in personal_models() if model not in posted]
    monkeypatch.setattr(register, "personal_models", lambda: others)
    assert "public.posts" in missing() and "use.requested" not in missing()
