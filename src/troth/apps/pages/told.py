"""The page on which a recipient confirms that it corrected or deleted what we had passed on to it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from troth.gate.published import statement
from troth.gate.telling import confirming

CLAUSE = "rights.update"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """What is to be confirmed; opening it changes nothing, since programs open links too (clause rights.update)."""
    told = confirming.find(token)
    if told is None:
        return render(request, "pages/told_over.html", status=410)
    value = None
    if request.method == "POST":
        if request.POST.get("act") != "value":
            confirming.confirm(told)
            return redirect("told", token=token)
        value = confirming.new_value(told)
    context = {
        "asked": confirming.asked(told),
        "value": value,
        "clause": CLAUSE,
        "title": statement.title(CLAUSE),
    }
    return render(request, "pages/told.html", context)
