"""The JSON API of one's own data, below /api/v1/ (django-ninja).  Its description is /api/v1/openapi.json."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import NinjaAPI, Query, Router, Status
from ninja.security import APIKeyCookie

from troth.accounts.people import flows
from troth.accounts.people.doors import is_confirmed
from troth.accounts.people.models import Person
from troth.gate.export import exporting
from troth.gate.problem_schema import COMMON, Problem, install
from troth.gate.problems import Trouble, missing
from troth.gate.registry import APIS
from troth.gate.subjects import limits
from troth.gate.subjects.access import Held
from troth.gate.subjects.obstacles import Obstructed
from troth.gate.uses import using
from troth.gate.uses.history import history, receipt

from . import leaving, schemas, shown, taking
from .forms import CorrectForm, offered_categories
from .opening import PURPOSE, gather, own_data, person_of, subject_of
from .views import filtered, held_rows, own_entry

FIELDS = ("name", "company", "address", "phone", "email")
DESCRIPTION = (
    "Your own data: see it, correct it, take it along, erase it. You sign in on the site; the session's cookie is the"
    " key here too. Methods that change something also need the form token, as X-CSRFToken, and this site as Origin."
)


class SignedIn(APIKeyCookie):
    """A session of a person; staff have no page of their own here."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Person | None:
        person: Person | None = request.person  # type: ignore[attr-defined]
        return person or None


api = NinjaAPI(
    title="Your own data", version="1", description=DESCRIPTION, docs_url=None, auth=SignedIn(), urls_namespace="api"
)  # fmt: skip
install(api)
me = Router(tags=["me"])


def opened(request: HttpRequest) -> using:
    """A use of the person's own data."""
    return using(PURPOSE, by=request.actor, given=own_data(request))  # type: ignore[attr-defined]


def must_be_confirmed(request: HttpRequest) -> None:
    """What cannot be taken back, and all of it at once, need a sign-in of the last ten minutes."""
    if not is_confirmed(request):
        raise Trouble(403, "confirm-first", "your sign-in is not fresh enough for this",
                      "confirm it at /accounts/reauthenticate/ and send this again")  # fmt: skip


def registration(person: Person) -> dict[str, str]:
    """Registration data; runs inside a use."""
    return {name: (getattr(person, name) or "") if name in Person.seals else "" for name in FIELDS}


def told(held: Held) -> dict[str, Any]:
    """A row whose times and ids are texts."""
    row = shown.row(held)
    for value in (*row["values"], *row["plain"]):
        if not isinstance(value["value"], str | int | bool | list | dict | None):
            value["value"] = str(value["value"])
    return row


@me.get("", response={200: schemas.Me, **COMMON}, url_name="api-me", summary="What is held about you")
def see(request: HttpRequest, asked: Query[schemas.Window]) -> Any:
    """Each row with its values, where they come from, why, and how long they are kept."""
    with opened(request):
        gather(request)
        rows, has_next = held_rows(asked.start, asked.limit, subject_of(request), told)
        return {
            "registration": registration(person_of(request)), "rows": rows,
            "next": asked.start + asked.limit if has_next else None,
        }  # fmt: skip


@me.patch("", response={200: schemas.Corrected, **COMMON}, summary="Correct your registration data")
def correct(request: HttpRequest, wanted: schemas.Corrections) -> Any:
    """The same checks as on the page; every recipient that had the old value is told."""
    given = wanted.model_dump(exclude_none=True)
    with opened(request):
        form = CorrectForm(given, only=tuple(given), is_page=False)
        if not form.is_valid():
            field, faults = next(iter(form.errors.items()))
            raise Trouble(
                422, "invalid", " ".join(map(str, faults)), "correct this field and send it again", field
            )
        changed = flows.correct(person_of(request), form.corrected())
        return {"changed": changed, "registration": registration(person_of(request))}


@me.delete("", response={202: schemas.Erasing, 409: Problem, **COMMON}, summary="Erase everything about you")
def erase(request: HttpRequest) -> Any:
    """Ends the session.  The signed receipt comes by mail when the purge is done."""
    must_be_confirmed(request)
    try:
        erasure = leaving.leave(request, leaving.address_of(request))
    except Obstructed as obstructed:
        first = obstructed.obstacles[0]
        raise Trouble(409, "obstructed", first.reason, first.advice) from None
    return Status(202, {"erasure": erasure.pk, "state": erasure.state})


@me.get(
    "/uses", response={200: schemas.Uses, 404: Problem, **COMMON}, url_name="api-uses", summary="Who used it"
)
def uses(request: HttpRequest, asked: Query[schemas.Cursor]) -> Any:
    """Every entry about you, your own looks too, newest first."""
    with opened(request):
        entries = filtered({"role": "everybody"})
        if asked.cursor:
            entries = entries.filter(seq__lt=own_entry(asked.cursor).seq)
        found = list(entries[: asked.limit + 1])
        lines = [shown.use(each) for each in history(found[: asked.limit])]
    return {"uses": lines, "next": lines[-1]["entry"] if len(found) > asked.limit else None}


@me.get(
    "/receipts/{entry}", response={200: schemas.Receipt, 404: Problem, **COMMON}, url_name="api-receipt",
    summary="A receipt",
)  # fmt: skip
def one_receipt(request: HttpRequest, entry: str) -> HttpResponse:
    """Byte for byte what `python -m troth.verify` checks."""
    with opened(request):
        own_entry(entry)
        return HttpResponse(receipt(entry).to_json() + "\n", content_type="application/json")


@me.get(
    "/exports", response={200: list[schemas.Export], **COMMON}, url_name="api-exports", summary="Your exports"
)
def exports(request: HttpRequest) -> Any:
    """Newest first."""
    return [taking.line(each) for each in exporting.of(subject_of(request))]


@me.post("/exports", response={202: schemas.Export, **COMMON}, summary="Ask for an export")
def ask_for_export(request: HttpRequest, wanted: schemas.ExportAsked) -> Any:
    """A message says when it is ready."""
    must_be_confirmed(request)
    with opened(request):
        gather(request)
    offered = [name for name, _ in offered_categories(subject_of(request))]
    categories = offered if wanted.categories is None else wanted.categories
    if not categories or not set(categories) <= set(offered):
        raise Trouble(422, "invalid", "one of these categories is not held", "choose from: " + ", ".join(offered),
                      "categories")  # fmt: skip
    return Status(202, taking.line(taking.begin(request, categories)))


def own_export(request: HttpRequest, export: UUID) -> Any:
    """An export of the person's own."""
    found = exporting.find(subject_of(request), export)
    if found is None:
        raise missing()
    return found


@me.get(
    "/exports/{uuid:export}", response={200: schemas.Export, 404: Problem, **COMMON}, url_name="api-export",
    summary="How far an export is",
)  # fmt: skip
def one_export(request: HttpRequest, export: UUID) -> Any:
    """Preparing, ready, expired or failed."""
    return taking.line(own_export(request, export))


ZIP = {
    "responses": {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}
}


@me.get(
    "/exports/{uuid:export}/archive", response={200: None, 404: Problem, 409: Problem, **COMMON}, openapi_extra=ZIP,
    url_name="api-archive", summary="The archive",
)  # fmt: skip
def archive(request: HttpRequest, export: UUID) -> HttpResponseBase:
    """A ZIP, sent in pieces, to a fresh sign-in.  Downloading does not delete anything."""
    must_be_confirmed(request)
    found = own_export(request, export)
    if not taking.is_ready(found):
        raise Trouble(409, "not-ready", "this export is not ready, or its time is over", "ask for its state")
    return taking.archive(request, found)


@me.get("/choices", response={200: schemas.Choices, **COMMON}, url_name="api-choices", summary="Your choices")
def choices(request: HttpRequest) -> Any:
    """Restriction and objections now in force, and what can be objected to."""
    standing = limits.of(subject_of(request))
    return {"limits": [limit(each) for each in standing], "objectionable": limits.objectionable()}


def limit(found: limits.Limit) -> dict[str, Any]:
    """One limit."""
    return {"id": found.pk, "kind": found.kind, "purpose": found.purpose, "since": found.since}


@me.post("/choices", response={200: schemas.Limit, **COMMON}, summary="Restrict, or object")
def choose(request: HttpRequest, wanted: schemas.Choice) -> Any:
    """It holds from the next use on; setting it twice is setting it once."""
    subject, by = subject_of(request), request.actor  # type: ignore[attr-defined]
    if wanted.purpose is None:
        return limit(limits.restrict(subject, by))
    if wanted.purpose not in limits.objectionable():
        raise Trouble(422, "invalid", "nobody can object to this purpose",
                      "choose from: " + ", ".join(limits.objectionable()), "purpose")  # fmt: skip
    return limit(limits.object_to(subject, wanted.purpose, by))


@me.delete(
    "/choices/{number}",
    response={204: None, 404: Problem, **COMMON},
    url_name="api-choice",
    summary="Lift it",
)
def lift(request: HttpRequest, number: int) -> Any:
    """Take one of your limits away."""
    if not 0 < number < 2**63 or not limits.lift(subject_of(request), number, request.actor):  # type: ignore[attr-defined]
        raise missing()
    return Status(204, None)


api.add_router("/me", me)
for prefix, router in APIS:
    api.add_router(prefix, router)
