"""The staff's page of invitations: counts and states.  Whom they went to is known to nobody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page

from . import shown

READERS = (Role.PRIVACY_OFFICER, Role.ADMINISTRATOR, Role.OWNER)

office_page("office-referrals", "Invitations", *READERS)


@never_cache
@require_safe
@staff_only(*READERS)
def referrals(request: HttpRequest) -> HttpResponse:
    """How many went, how many wait, and which may have gone."""
    return render(request, "referrals/office.html", shown.office())
