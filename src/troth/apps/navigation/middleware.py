"""Another number for a browser, sent with whatever answer there is."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import numbers


class NewNumber:
    """Sets the cookie where a verb drew a number (`linking.give_number`), and takes it away where it may draw none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        drawn: str | None = getattr(request, "new_number", None)
        if drawn is not None:
            numbers.set_on(response, numbers.COOKIE, drawn, numbers.LASTS if drawn else 0)
        return response
