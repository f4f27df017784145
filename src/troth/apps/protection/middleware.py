"""The first look at a request, before it is routed, and the last at its answer (clause security.environment)."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.cookie import parse_cookie

from troth.accounts import tickets
from troth.gate import watch
from troth.gate.watch import Sign, scoring
from troth.gate.watch.counting import Counting
from troth.gate.watch.nets import Net

from . import canaries, measures, noting, staff
from .measures import Held
from .models import Measure
from .noting import Scene

LOCKED_OUT = watch.reports("not-let-in", f"{__name__}:Guard")
SHAPED = watch.reports("attack-shaped", f"{__name__}:Guard")
FORM = watch.reports("form-sent", f"{__name__}:Guard")
WAIT = watch.reports("told-to-wait", f"{__name__}:Guard")
Kind, Act = Measure.Kind, Measure.Act

FORMS = (scoring.FORM, "multipart/form-data")
"""What a form sends; a beacon of our own pages is none."""
NOWHERE = Scene()

counting = Counting(staff.is_unlike)


class Seen:
    """A request as the guard sees it; what costs something is worked out when it is needed."""

    def __init__(self, request: HttpRequest) -> None:
        self.address: str = request.META.get("REMOTE_ADDR", "")
        # Behind here the session's middleware puts something else in its place.
        self._cookies: str = request.META.get("HTTP_COOKIE", "")

    @property
    def is_known(self) -> bool:
        """Whether it shows something for a ticket of a session."""
        return settings.SESSION_COOKIE_NAME in self._cookies

    @cached_property
    def family(self) -> str:
        """The family of the ticket that it shows (hex), if any; whether it is real is not looked at."""
        ticket = tickets.read(parse_cookie(self._cookies).get(settings.SESSION_COOKIE_NAME, ""))
        return ticket.family.hex if ticket else ""

    @cached_property
    def is_trusted(self) -> bool:
        return measures.is_trusted(self.address)

    def scene(self, request: HttpRequest) -> Scene:
        """Where it was, when it is answered."""
        # Who sends this to be spared is refused all the same; otherwise any page could have its readers blocked.
        is_led = request.method in ("GET", "HEAD") and request.headers.get("Sec-Fetch-Site") == "cross-site"
        return Scene(self.address, self.family, self.is_trusted, _is_signed_in(request), is_led)


def _is_signed_in(request: HttpRequest) -> bool:
    """Whether the ticket that was shown let somebody in; what was none is taken away by then."""
    user = getattr(request, "user", None)
    is_let_in = user is not None and settings.SESSION_COOKIE_NAME in request.COOKIES
    return is_let_in and bool(user.is_authenticated)  # type: ignore[union-attr]


class Guard:
    """Middleware around the application: refuses what is blocked, slows down, scores, and looks at what was seen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._words = canaries.words().encode("ascii")
        self._key = watch.mark(canaries.key())

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen = Seen(request)
        measures.refresh()
        refusal = _of_session(seen) if seen.is_known else _refusal(request, seen)
        if refusal is not None:
            return refusal
        with watch.watching() as signs:
            response = self._answered(request, seen)
        self._add_signs(request, response, seen, signs)
        if signs:
            watch.quietly(lambda: judge(signs, seen.scene(request)))
        return response

    def _answered(self, request: HttpRequest, seen: Seen) -> HttpResponse:
        # Of whoever shows a ticket it is asked when it is known whether it lets in (`Barred`).
        if not seen.is_known and _is_attack(request):
            return _attacked(request)
        response = self._get_response(request)
        if not response.streaming and self._words in response.content:
            watch.saw(canaries.LEFT, words=request.path)
            response = told(403, "This answer was not sent.")
        return response

    def _add_signs(self, request: HttpRequest, response: HttpResponse, seen: Seen, signs: list[Sign]) -> None:
        status, path = response.status_code, request.path
        if isinstance(response, Stopped):
            return
        # A program with a key that is one has a limit of its own, and may ask for what has gone.
        is_program = hasattr(request, "admitted")
        if path in canaries.PATHS:
            signs.append(Sign(canaries.PAGE, words=path))
        elif status in (403, 404) and not is_program:
            signs.append(Sign(LOCKED_OUT, each=(watch.mark(path),), words=path))
        elif status == 429 and not is_program:
            signs.append(Sign(WAIT, words=path))
        elif request.method == "POST" and 300 <= status < 400 and not _is_signed_in(request):
            signs.append(Sign(FORM, words=path))
        if any(self._key in sign.each for sign in signs):
            signs.append(Sign(canaries.KEY, words=path))


def _is_attack(request: HttpRequest) -> bool:
    refused = scoring.refused()
    return scoring.of_path(request) >= refused or scoring.of_words(request) >= refused


def _attacked(request: HttpRequest) -> HttpResponse:
    watch.saw(SHAPED, words=request.get_full_path())
    return told(403, "This request looks like an attack, and was not answered.")


class Stopped(HttpResponse):
    """What is said to whoever is stopped or is to wait: it is a sign of nothing new."""


def _of_session(seen: Seen) -> HttpResponse | None:
    """What is said to a session that is stopped; None for every other."""
    if not (measures.has_any(Kind.FAMILY) and seen.family):
        return None
    held = measures.on(Kind.FAMILY, bytes.fromhex(seen.family), Act.BLOCK)
    return told(403, f"This session is stopped. {_until(held)}", held) if held else None


def _refusal(request: HttpRequest, seen: Seen, alone: str = "") -> HttpResponse | None:
    """What is said to a net that is blocked, or is to wait; None for every other.

    Who is signed in (`alone`: their session's family) has part in no block of others, and waits for no forms of others.
    """
    held = measures.over(seen.address)
    if held is None or seen.is_trusted:
        return None
    if held.act == Act.BLOCK:
        return (
            None
            if alone
            else told(403, f"Nothing is answered to your network just now. {_until(held)}", held)
        )
    is_form = request.method == "POST" and request.META.get("CONTENT_TYPE", "").startswith(FORMS)
    if is_form and (seconds := measures.waits(alone or Net.of(seen.address))):
        response = told(429, "Too many forms came from your network. Wait a few seconds, then send it again.")
        response["Retry-After"] = str(seconds)
        return response
    return None


def _until(held: Held) -> str:
    end = datetime.fromtimestamp(held.until, UTC)
    contact = settings.TROTH_COMPANY["company"]["security-email"]
    return f"That ends on {end:%-d %B at %H:%M} UTC. If it is a mistake, write to {contact}."


def told(status: int, words: str, held: Held | None = None) -> HttpResponse:
    """A refusal in plain text: it costs next to nothing, and shows nothing."""
    kind = Stopped if held or status == 429 else HttpResponse
    response = kind(words + "\n", status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    if held is not None:
        response["Retry-After"] = str(max(1, int(held.until - time.time())))
    return response


def judge(signs: list[Sign], scene: Scene = NOWHERE) -> None:
    """Count what was seen, and note what comes of it."""
    at = time.monotonic()
    for sign in signs:
        for rule in counting.fired(sign, scene.address, at):
            noting.note(rule, sign, scene)


def outside(sign: Sign) -> None:
    """A sign that no request gave: a job, a command, a stream after its answer began."""
    judge([sign])


class Barred:
    """Behind the sign-in: an account that is stopped gets no further; who only seemed to be signed in is looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen = Seen(request)
        refusal = self._refused(request, seen) if seen.is_known else None
        return refusal or self._get_response(request)

    @staticmethod
    def _refused(request: HttpRequest, seen: Seen) -> HttpResponse | None:
        if not _is_signed_in(request):
            return _refusal(request, seen) or (_attacked(request) if _is_attack(request) else None)
        held = measures.on(Kind.ACCOUNT, request.user.subject_id.bytes, Act.BLOCK)  # type: ignore[union-attr]
        if held:
            return told(403, f"This account is stopped until somebody has looked. {_until(held)}", held)
        is_attack = scoring.of_path(request) >= scoring.refused()
        return _attacked(request) if is_attack else _refusal(request, seen, alone=seen.family)
