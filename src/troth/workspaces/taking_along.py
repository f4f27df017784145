"""What it takes to download what a workspace holds in bulk, by its company's settings (clause security.settings)."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from troth.accounts.levels import held, seconding
from troth.accounts.levels.models import Nod
from troth.accounts.people.doors import is_confirmed, to_confirm

from .access import Access


def asked_first(request: HttpRequest, access: Access, about: UUID, page: str) -> HttpResponseBase | None:
    """What somebody who wants to download has to do first, as an answer; None when they may.

    `about` is what they want, and `page` the address on which they asked for it.
    """
    customer = access.workspace.customer_id
    wanted = held.of_company(customer)["export"]
    if customer is None or wanted == "signed-in":
        return None
    if not is_confirmed(request):
        return to_confirm(request, page)
    if wanted == "confirmed" or seconding.is_given(customer, Nod.What.EXPORT, about, access.person):
        return None
    link = settings.TROTH_BASE_URLS["company"] + reverse("account-people", "troth.config.urls")
    seconding.ask(customer, Nod.What.EXPORT, about, access.person, page, link)
    messages.info(
        request,
        "The company asks for a second person’s yes to this. Its managers got a mail:"
        " come back when one of them said yes.",
    )
    return redirect(page)
