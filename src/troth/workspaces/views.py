"""The pages of workspaces: the list, the first page, settings, and who looked."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people import companies
from troth.accounts.people.doors import confirmed, person_only
from troth.accounts.people.models import MANAGERS, Membership, Person
from troth.accounts.people.models import Role as InCompany
from troth.accounts.people.own import person_of
from troth.accounts.staff import staff_only
from troth.gate.published import statement
from troth.gate.registry import office_page
from troth.gate.uses import current_use, using
from troth.gate.uses.history import Used, history, mine

from . import agreement, company, flows
from .access import SHOWING, Access, all_of, enter
from .doors import access_of, answered, let_in, shown, to
from .forms import BeginForm, NameTypedForm, WorkspaceForm
from .letting_in import RUNNING
from .models import Right
from .sections import CARDS, workspace_page

PER_PAGE = 50
GONE = "Somebody you had let in"
OURS = "customer-people"
YOURS = {
    Right.OWN: "You own it", Right.MANAGE: "You manage it", Right.SHARE: "You can change and share it",
    Right.EDIT: "You can change it", Right.VIEW: "You can see it",
}  # fmt: skip

workspace_page(0, "workspace-home", "Overview")
workspace_page(80, "workspace-people", "People")
workspace_page(85, "workspace-log", "Who looked", Right.MANAGE)
workspace_page(90, "workspace-settings", "Settings", Right.MANAGE)
office_page("office-own-workspace", "Our workspace")


@never_cache
@require_safe
@person_only
def workspaces(request: HttpRequest) -> HttpResponse:
    """Every workspace that the reader can enter."""
    person, found = person_of(request), []
    for access in all_of(person.owner_id):
        with enter(access):
            row = access.workspace
            found.append({
                "workspace": row.owner_id, "name": row.name, "is_ours": access.is_seated, "ended_at": row.ended_at,
                "right": YOURS[access.right] if access.right else "You can see parts of it",
            })  # fmt: skip
    may_begin = Membership.objects.filter(owner=person.owner_id, role__in=MANAGERS).exists()
    context = {"section": "workspaces", "workspaces": found, "may_begin": may_begin}
    return render(request, "workspaces/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
def begin(request: HttpRequest) -> HttpResponseBase:
    """A new workspace; before the first one, the agreement."""
    places = list(Membership.objects.filter(owner=person_of(request).owner_id, role__in=MANAGERS))
    if not places:
        raise Http404
    place = _chosen(places, request.POST.get("company", ""))
    is_accepted = agreement.is_accepted(place.customer_id)
    form = BeginForm(request.POST or None, is_accepted=is_accepted, companies=_named(places))
    if request.method == "POST" and form.is_valid():
        try:
            made = flows.begin(
                place, form.cleaned_data["name"], accepts=bool(form.cleaned_data.get("accepts"))
            )
        except companies.NotNow as why:
            form.add_error(None, str(why))
        else:
            messages.success(request, "The workspace is ready.")
            return redirect("workspace-home", made.owner_id)
    context = {
        "section": "workspaces", "form": form, "is_accepted": is_accepted, "is_owner": place.role == InCompany.OWNER,
    }  # fmt: skip
    return render(request, "workspaces/begin.html", context, status=422 if form.errors else 200)


@require_safe
@staff_only()
def own(request: HttpRequest) -> HttpResponseBase:
    """The way from the office to the Company's own workspace (clause security.same)."""
    row = company.workspace()
    if row is None:
        raise Http404
    return redirect("workspace-home", row.owner_id)


def _chosen(places: list[Membership], company: str) -> Membership:
    return next((place for place in places if str(place.customer_id) == company), places[0])


def _named(places: list[Membership]) -> list[tuple[str, str]]:
    named = []
    for place in places:
        customer = companies.company_of(place)
        with using(companies.PURPOSE, by=companies.acting(place), given=customer):
            named.append((str(place.customer_id), str(customer.name)))
    return named


@require_safe
@let_in()
@shown
def home(request: HttpRequest) -> HttpResponseBase:
    """The first page of a workspace."""
    access = access_of(request)
    cards = [(template, build(access)) for _, template, build in CARDS]
    return TemplateResponse(request, "workspaces/home.html", {"cards": cards})


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(Right.MANAGE)
@answered("workspace-settings")
def settings(request: HttpRequest) -> HttpResponseBase:
    """The name; and how the workspace ends."""
    if request.method == "POST":
        form = WorkspaceForm(request.POST)
        if form.is_valid():
            flows.rename(access_of(request), form.cleaned_data["name"])
            messages.success(request, "The workspace has its new name.")
            return to(request, "workspace-settings")
        return shown(lambda asked: _settings(asked, form))(request)
    return shown(lambda asked: _settings(asked, None))(request)


def _settings(request: HttpRequest, form: WorkspaceForm | None) -> HttpResponseBase:
    row = access_of(request).workspace
    context = {
        "form": form or WorkspaceForm(initial={"name": row.name}), "accepted": agreement.acceptance_of(row.customer_id),
        "erased_on": flows.erased_on(row),
    }  # fmt: skip
    status = 422 if form else 200
    return TemplateResponse(request, "workspaces/settings.html", context, status=status)


@require_POST
@let_in(Right.OWN)
@confirmed
@answered("workspace-settings")
def end(request: HttpRequest) -> HttpResponse:
    """Nothing is changed any more; it is erased in thirty days."""
    flows.end(access_of(request))
    messages.success(
        request, "The workspace has ended. Until it is erased, everything in it can be taken along."
    )
    return to(request, "workspace-settings")


@require_POST
@let_in(Right.OWN)
@answered("workspace-settings")
def take_back(request: HttpRequest) -> HttpResponse:
    """Go on with it."""
    flows.take_back(access_of(request))
    messages.success(request, "The workspace goes on.")
    return to(request, "workspace-settings")


@require_http_methods(["GET", "HEAD", "POST"])
@let_in(Right.OWN)
@confirmed
@answered("workspace-settings")
def delete(request: HttpRequest) -> HttpResponseBase:
    """Erase it at once; wants its name typed."""
    form, access = NameTypedForm(request.POST or None), access_of(request)
    if request.method == "POST" and form.is_valid():
        with enter(access):
            is_meant = (
                form.cleaned_data["name"].strip().casefold() == str(access.workspace.name).strip().casefold()
            )
        if is_meant:
            flows.delete(access)
            messages.success(request, "The workspace is erased.")
            return redirect("workspaces")
        form.add_error("name", "This is not the name of this workspace. Nothing was deleted.")
    status = 422 if form.errors else 200
    page = shown(
        lambda asked: TemplateResponse(asked, "workspaces/delete.html", {"form": form}, status=status)
    )
    return page(request)


@require_safe
@let_in(Right.MANAGE)
def log(request: HttpRequest) -> HttpResponseBase:
    """Who used what is in the workspace, in what role, for what, when (clause hosting.access)."""
    kind, access = request.GET.get("who", "others"), access_of(request)
    with enter(access, purpose=SHOWING):
        entries = mine().exclude(recipient=OURS) if kind == "others" else mine()
        page: Any = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
        page.object_list = _grouped([_line(used) for used in history(page.object_list)])
    if not access.workspace.is_companys:  # its people are named in the office
        _name(access, page.object_list)
    context = {"page": page, "is_all": kind != "others"}
    return shown(lambda asked: TemplateResponse(asked, "workspaces/log.html", context))(request)


def _grouped(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines that follow each other and differ in nothing but the time, as one with the earlier times."""
    found: list[dict[str, Any]] = []
    for line in lines:
        if found and all(found[-1][key] == line[key] for key in ALIKE):
            found[-1]["more"].append(line["at"])
        else:
            found.append({**line, "more": []})
    return found


ALIKE = ("who", "by", "country", "act", "purpose", "ground", "fields", "clauses")


def _line(used: Used) -> dict[str, Any]:
    policy = statement.current()
    roles, purposes, categories = policy.recipients, policy.purposes, policy.categories
    kind, _, number = used.ground.partition(" ")
    return {
        "who": "The people you let in" if used.role == OURS else _capital(roles[used.role].label),
        "by": used.by, "at": used.at, "country": used.country,
        "is_staff": used.role not in (OURS, "system"), "act": used.act, "entry": used.entry,
        "ground": f"{kind.replace('-', ' ')} {number}" if number else "",
        "purpose": purposes[used.purpose].label if used.purpose in purposes else used.purpose,
        "fields": [categories[name].label for name in used.fields if name in categories],
        "clauses": [(clause, statement.title(clause)) for clause in used.clauses],
    }  # fmt: skip


def _name(access: Access, lines: list[dict[str, Any]]) -> None:
    """Put in who of those who were let in it was, in a use of its own: whoever is out again is named no more."""
    row, wanted = access.workspace, {line["by"] for line in lines if line["by"]}
    names = dict.fromkeys(wanted, GONE)
    with using(RUNNING, by=access.actor, given=row):
        for person in Person.objects.filter(owner__in=wanted):
            if row.covers(person) and current_use().is_open_to(person):
                names[person.owner_id] = str(person.name)
    for line in lines:
        if line["by"]:
            line["who"] = "You" if line["by"] == access.person else names[line["by"]]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
