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

from . import canaries, measures, noting, staff
from .measures import Held
from .models import Measure
from .noting import Scene

LOCKED_OUT = watch.reports("not-let-in", f"{__name__}:Guard")
SHAPED = watch.reports("attack-shaped", f"{__name__}:Guard")
FORM = watch.reports("form-sent", f"{__name__}:Guard")
WAIT = watch.reports("told-to-wait", f"{__name__}:Guard")
Kind, Act = Measure.Kind, Measure.Act

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


class Guard:
    """Middleware around all others: refuses what is blocked, slows down, scores, and looks at what was seen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._words = canaries.words().encode("ascii")
        self._key = watch.mark(canaries.key())

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen = Seen(request)
        measures.refresh()
        refusal = _refusal(request, seen)
        if refusal is not None:
            return refusal
        with watch.watching() as signs:
            response = self._answered(request, seen)
        self._add_signs(request, response, seen, signs)
        if signs:
            watch.quietly(lambda: judge(signs, seen))
        return response

    def _answered(self, request: HttpRequest, seen: Seen) -> HttpResponse:
        if scoring.of_path(request) >= scoring.refused() or (not seen.is_known and _is_attack(request)):
            return _attacked(request)
        response = self._get_response(request)
        if not response.streaming and self._words in response.content:
            watch.saw(canaries.LEFT, words=request.path)
            response = told(403, "This answer was not sent.")
        return response

    def _add_signs(self, request: HttpRequest, response: HttpResponse, seen: Seen, signs: list[Sign]) -> None:
        status, path = response.status_code, request.path
        if path in canaries.PATHS:
            signs.append(Sign(canaries.PAGE, words=path))
        elif status in (403, 404):
            signs.append(Sign(LOCKED_OUT, each=(watch.mark(path),), words=path))
        elif status == 429:
            signs.append(Sign(WAIT, words=path))
        elif request.method == "POST" and 300 <= status < 400 and not seen.is_known:
            signs.append(Sign(FORM, words=path))
        if any(self._key in sign.each for sign in signs):
            signs.append(Sign(canaries.KEY, words=path))


def _is_attack(request: HttpRequest) -> bool:
    return scoring.of_words(request) >= scoring.refused()


def _attacked(request: HttpRequest) -> HttpResponse:
    watch.saw(SHAPED, words=request.get_full_path())
    return told(403, "This request looks like an attack, and was not answered.")


def _refusal(request: HttpRequest, seen: Seen) -> HttpResponse | None:
    """What is said to whoever is blocked, or is to wait; None for everybody else."""
    held = measures.over(seen.address)
    if held is None and seen.is_known and measures.has_any(Kind.FAMILY) and seen.family:
        held = measures.on(Kind.FAMILY, bytes.fromhex(seen.family), Act.BLOCK)
    if held is None or seen.is_trusted:
        return None
    if held.act == Act.BLOCK:
        return told(403, f"Nothing is answered to your network just now. {_until(held)}", held)
    if request.method == "POST" and (seconds := measures.waits(seen.address)):
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
    response = HttpResponse(words + "\n", status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    if held is not None:
        response["Retry-After"] = str(max(1, int(held.until - time.time())))
    return response


def judge(signs: list[Sign], seen: Seen | None = None) -> None:
    """Count what was seen, and note what comes of it."""
    at = time.monotonic()
    net = seen.address if seen else ""
    for sign in signs:
        for rule in counting.fired(sign, net, at):
            scene = Scene(seen.address, seen.family, seen.is_trusted) if seen else Scene()
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
        if seen.is_known:
            # What is no ticket of a session was taken away by now.
            user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
            if user is None or not user.is_authenticated:
                return _attacked(request) if _is_attack(request) else self._get_response(request)
            held = measures.on(Kind.ACCOUNT, user.subject_id.bytes, Act.BLOCK)
            if held and not seen.is_trusted:
                return told(403, f"This account is stopped until somebody has looked. {_until(held)}", held)
        return self._get_response(request)
