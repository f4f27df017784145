"""Tries that nobody downloads in bulk who did not do first what their company asks for."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from troth.accounts.levels.law import Values
from troth.accounts.levels.models import Choice
from troth.accounts.levels.probing import probes
from troth.accounts.sessions import SessionStore

from .access import Access
from .models import Right, Workspace
from .taking_along import asked_first


@probes("export")
def downloads_are_asked_for(choice: Choice, values: Values) -> str:
    """Somebody made up, who confirmed nothing, asks for the download of each of the company's workspaces."""
    if values["export"] == "signed-in":
        return ""
    request = HttpRequest()
    request.user, request.session = AnonymousUser(), SessionStore()
    request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
    for row in Workspace.objects.filter(customer=choice.owner_id):
        if asked_first(request, Access(row, choice.owner_id, Right.VIEW), row.owner_id, "/") is None:
            return "records are downloaded without what their company asks for"
    return ""
