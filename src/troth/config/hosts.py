"""Several hosts from one install: each has its own pages, and one that does not link the statement collects nothing."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

URLCONFS = {
    "company": "troth.config.urls",
    "community": "troth.config.urls_community",
    "workspace": "troth.config.urls_workspace",
}


class HostMiddleware:
    """Chooses the pages by host (clause scope.sites)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._kinds = {name: kind for kind, name in settings.TROTH_HOSTS.items()}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host = request.get_host().rpartition(":")[0] or request.get_host()
        kind = self._kinds.get(host, "company")
        request.urlconf = URLCONFS[kind]
        request.host_kind = kind  # type: ignore[attr-defined]
        if request.method not in ("GET", "HEAD", "OPTIONS") and host not in settings.TROTH_LINKED_HOSTS:
            reason = "this host does not link the statement, so it collects nothing"
            return render(request, "403.html", {"reason": reason, "clause": "scope.sites"}, status=403)
        return self._get_response(request)
