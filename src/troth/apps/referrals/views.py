"""Pages of a referral: the form and what would be sent, the friend's two links, and the programme."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from troth.accounts.people.doors import person_only

from . import flows, letters, limits, shown, visiting
from .forms import ReferForm

SENT = "referred"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def refer(request: HttpRequest) -> HttpResponseBase:
    """The form, then the whole message, then the sending (clause public.referral).  Nothing is kept before that."""
    form = ReferForm(request.POST or None, person=request.person or None)  # type: ignore[attr-defined]
    step = request.POST.get("step", "preview")
    if request.method != "POST" or not form.is_valid() or step == "change":
        return render(request, "referrals/refer.html", {"form": form}, status=422 if form.errors else 200)
    if step == "send":
        return _send(request, form)
    return _preview(request, form)


def _preview(request: HttpRequest, form: ReferForm) -> HttpResponse:
    person, said = request.person, form.cleaned_data  # type: ignore[attr-defined]
    code = flows.begin(person.owner_id).code if person else None
    message = letters.letter(said["your_name"], said["friend_name"], code, letters.SAMPLE_TOKEN)
    context = {"form": form, "letter": message, "address": said["friend_email"]}
    return render(request, "referrals/preview.html", context)


def _send(request: HttpRequest, form: ReferForm) -> HttpResponse:
    person = request.person  # type: ignore[attr-defined]
    if not limits.allow(request):
        return _too_many(request, form)
    try:
        flows.refer(form.row_id, form.personal(), person.owner_id if person else None)
    except flows.Crowded:
        return _too_many(request, form)
    if settings.TROTH_MAIL_HELD:
        request.session[SENT] = form.row_id
    return redirect("refer-sent")


def _too_many(request: HttpRequest, form: ReferForm) -> HttpResponse:
    form.add_error(
        None,
        "So many invitations were asked for lately that we send no more for now. Nothing was sent, and what you"
        " filled in is still here: please send it again in an hour.",
    )
    return render(request, "referrals/refer.html", {"form": form}, status=429)


@never_cache
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """What happens next: the same for everybody, whether or not the friend was invited before."""
    person, row = request.person, request.session.get(SENT)  # type: ignore[attr-defined]
    demo = {}
    if settings.TROTH_MAIL_HELD and row:
        code = flows.code_of(person.owner_id) if person else None
        never = letters.never_link(flows.never_token(UUID(row)))
        demo = {"visit_url": letters.visit_link(code), "never_url": never}
    return render(request, "referrals/sent.html", {"demo": demo, "has_account": bool(person)})


@never_cache
@require_safe
def visit(request: HttpRequest, code: UUID) -> HttpResponse:
    """The friend's link: says in the session by whose link this browser came, and nothing about the friend."""
    if request.method == "GET":
        visiting.came(request, code)
    return redirect("home")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def never(request: HttpRequest, token: str) -> HttpResponse:
    """The friend never wants to hear from us.  To look at the page changes nothing: mail programs do."""
    mark = flows.mark_of(token)
    if mark is None:
        return render(request, "410.html", status=410)
    if request.method == "POST":
        flows.ask_never(mark)
        return redirect("refer-never", token=token)
    return render(request, "referrals/never.html", {"is_done": mark.asked_not_to, "token": token})


@never_cache
@require_safe
@person_only
def programme(request: HttpRequest) -> HttpResponse:
    """What came of one's referrals, in numbers."""
    return render(request, "referrals/programme.html", shown.programme(request.person.owner_id))  # type: ignore[attr-defined]
