"""Only in the sample installation: sign in as a role with one press, break a promise on purpose, mend it."""

from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from troth.accounts.models import StaffMember
from troth.accounts.people import sample as people
from troth.accounts.staff import staff_only
from troth.gate.proving.answers import prove
from troth.gate.proving.breach import mend, plant

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_POST
def become(request: HttpRequest) -> HttpResponse:
    """Sign in as the sample's member of staff with this role, or as one of its customers; no role signs out."""
    role = request.POST.get("role", "")
    if not role:
        logout(request)
        return redirect("home")
    if person := people.find(role):
        # It counts as a fresh sign-in: nobody here has a password to confirm it with.
        record_authentication(request, person.user, method="sample")
        login(request, person.user, backend=BACKEND)
        return redirect("account")
    member = StaffMember.objects.filter(role=role).select_related("user").first()
    if member is None:
        raise Http404
    login(request, member.user, backend=BACKEND)
    # Noted afterwards: a press of this button is no sign-in that anybody would be warned of.
    record_authentication(request, member.user, method="sample")
    return redirect("office")


@require_POST
@staff_only()
def break_it(request: HttpRequest) -> HttpResponseBase:
    """Write an address in clear where a sealed value belongs, as a careless script would, and prove again."""
    plant()
    prove()
    return redirect("statement")


@require_POST
@staff_only()
def mend_it(request: HttpRequest) -> HttpResponseBase:
    """Take what was planted away again."""
    mend()
    prove()
    return redirect("statement")
