"""Counts of requests: for the public proof, the office and the control.  Nobody's data is opened."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from troth.gate.registry import FIGURES, Figure

from . import days
from .counting import GONE
from .models import CLOSED, Answered, Request

SPAN = 90


UNANSWERED = (Request.State.LAPSED, GONE)


@dataclass(frozen=True, slots=True)
class Times:
    """How long requests take: open ones, the oldest of them in days, answered ones, their mean, how many were missed.

    Apart from these stand the ones that nobody proved to have sent, and those that went when their owner was erased.
    """

    open: int
    oldest: int
    closed: int
    mean: float | None
    missed: int
    lapsed: int
    gone: int


def times() -> Times:
    """As of now."""
    waiting = Request.objects.exclude(state__in=CLOSED).values_list("received_at", flat=True)
    today = days.today()
    ages = [(today - days.day_of(received)).days for received in waiting]
    # Anybody can send what is never proven: it says nothing of how fast we answer.
    answered = Answered.objects.exclude(outcome__in=UNANSWERED)
    took = [(closed - received).days for received, closed in answered.values_list("received_on", "closed_on")]
    return Times(
        open=len(waiting), oldest=max(ages, default=0), closed=len(took), mean=sum(took) / len(took) if took else None,
        missed=Answered.objects.filter(was_late=True).count() + overdue(),
        lapsed=Answered.objects.filter(outcome=Request.State.LAPSED).count(),
        gone=Answered.objects.filter(outcome=GONE).count(),
    )  # fmt: skip


def overdue() -> int:
    """Open requests whose last day is over."""
    now = timezone.now()
    waiting = Request.objects.exclude(state__in=CLOSED).values_list("received_at", "due_at")
    return sum(now > days.ends(received, due) for received, due in waiting)


def open_by_day() -> list[tuple[date, int]]:
    """(day, requests open at its end) of the last days, oldest first."""
    today = days.today()
    came = [
        days.day_of(at)
        for at in Request.objects.exclude(state__in=CLOSED).values_list("received_at", flat=True)
    ]
    since = today - timedelta(days=SPAN - 1)
    went = list(Answered.objects.filter(closed_on__gt=since).values_list("received_on", "closed_on"))
    span = [since + timedelta(days=n) for n in range(SPAN)]
    return [(day, sum(c <= day for c in came) + sum(r <= day < c for r, c in went)) for day in span]


def due_line() -> list[tuple[date, int]]:
    """(day, how many of today's open requests may still be open at its end) of the days to come."""
    today = days.today()
    due = [
        days.day_of(at) for at in Request.objects.exclude(state__in=CLOSED).values_list("due_at", flat=True)
    ]
    span = [today + timedelta(days=n) for n in range(SPAN + 1)]
    return [(day, sum(d > day for d in due)) for day in span]


def plot(counted: list[tuple[date, int]], most: int) -> list[dict[str, Any]]:
    """Rows for plot.html, on one scale for several plots."""
    return [
        {"label": f"{day:%-d %B}", "value": count, "percent": round(100 * count / max(most, 1))}
        for day, count in counted
    ]


def proof_part(request: HttpRequest) -> dict[str, Any]:
    """Time to answer, for the public page."""
    return {"times": times(), "promised": days.promised()}


def register() -> None:
    """Put the count on the office's overview."""
    FIGURES.append(
        Figure("Requests open", "about people's own data", "office-requests", lambda: times().open)
    )
