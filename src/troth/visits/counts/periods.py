"""Which days somebody asks about, of which site, and narrowed to what."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from .reports import REPORTS
from .rollups import KEPT, today

MOST_DAYS = 366
"""Days that one look covers."""
MOST_NARROWED = 90
"""The same where counts are narrowed: no event is kept for longer."""
USUAL = 30
"""Days that are shown when none are asked for, today among them."""
SPANS = ((1, "Today"), (7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "A year"))
LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, both ends among them; of one site, and narrowed to a line of a report, where they are named."""

    first: date
    last: date
    by: str = ""
    to: str = ""
    site: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """As many days, right before these."""
        return replace(
            self, first=self.first - timedelta(days=self.days), last=self.first - timedelta(days=1)
        )

    def whole(self) -> "Period":
        """The same days, narrowed to nothing."""
        return replace(self, by="", to="")

    def has_all_before(self) -> bool:
        """Whether nothing of the days before was deleted by its age."""
        kept = MOST_NARROWED if self.by else KEPT
        return self.before().first >= today() - timedelta(days=kept)

    def url(self, name: str, *args: str) -> str:
        """The address of a page about these days."""
        told = {"first": self.first.isoformat(), "last": self.last.isoformat()}
        told |= {"site": self.site} if self.site else {}
        told |= {"by": self.by, "is": self.to} if self.by else {}
        return f"{reverse(name, args=args)}?{urlencode(told)}"


def sites() -> list[str]:
    """The hosts whose visits are counted, the company's first."""
    company, workspace = settings.TROTH_HOSTS["company"], settings.TROTH_HOSTS["workspace"]
    return [company, *sorted(settings.TROTH_LINKED_HOSTS - {company, workspace})]


def asked(request: HttpRequest, told: dict[str, Any]) -> Period:
    """What a request is about, with what its form told as far as that is right; each within what can be told."""
    by, to = request.GET.get("by", ""), request.GET.get("is", "").replace("\0", "")[:LONGEST_VALUE]
    by = by if by in REPORTS and to else ""
    last = max(min(told.get("last") or today(), today()), today() - timedelta(days=KEPT - MOST_DAYS))
    first = told.get("first") or last - timedelta(days=USUAL - 1)
    most = MOST_NARROWED if by else MOST_DAYS
    first = max(min(first, last), last - timedelta(days=most - 1))
    return Period(first, last, by, to if by else "", told.get("site") or "")


def usual() -> dict[str, date]:
    """What the form says when nothing was asked for."""
    return {"first": today() - timedelta(days=USUAL - 1), "last": today()}


def around(form: Any, period: Period, page: str, *args: str) -> dict[str, Any]:
    """What each page of counts says around them (`visits/around.html`)."""
    spans = [
        {"label": label, "url": each.url(page, *args), "is_now": each == period}
        for days, label in SPANS if not (period.by and days > MOST_NARROWED)
        for each in [replace(period, first=today() - timedelta(days=days - 1), last=today())]
    ]  # fmt: skip
    return {
        "form": form, "period": period, "spans": spans, "action": reverse(page, args=args),
        "narrowed": REPORTS[period.by].head if period.by else "", "whole": period.whole().url(page, *args),
    }  # fmt: skip


def compared(now: float, earlier: float | None, unit: str = "") -> str:
    """A figure beside the one before, in words."""
    if not earlier:
        return "nothing to compare with"
    change = round(100 * (now - earlier) / earlier)
    word = f"{change:+d} %".replace("-", "−") if change else "the same"
    return f"{word}, before {earlier:g}{unit}"
