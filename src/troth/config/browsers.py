"""What every answer forbids a browser, beside the content policy and Django's own headers."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

NOTHING_OF = (
    "accelerometer", "autoplay", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone",
    "midi", "payment", "usb",
)  # fmt: skip
"""What of a device no page of ours asks for, so that nothing that gets into one can."""
OURS_ALONE = ("publickey-credentials-create", "publickey-credentials-get")
PERMISSIONS = ", ".join([*(f"{each}=()" for each in NOTHING_OF), *(f"{each}=(self)" for each in OURS_ALONE)])


class Forbidding:
    """No device, and no other site that takes our answers into its pages.

    Pictures on the workspace host stand in pages of the company's; on `localhost` a browser takes these for two sites.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        is_shown_elsewhere = getattr(request, "host_kind", "") == "workspace"
        response.headers.setdefault(
            "Cross-Origin-Resource-Policy", "cross-origin" if is_shown_elsewhere else "same-origin"
        )
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not response.has_header("Cache-Control"):
            response["Cache-Control"] = (
                "no-store"  # within a session; errors in the form of the API are among them
            )
        return response
