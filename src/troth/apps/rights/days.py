"""Days as the company counts them: a request is due at the end of a calendar day where the company sits."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from troth.gate.published import statement

HOUSE_TARGET = 30
PROMISE = "requests-answered"


def zone() -> ZoneInfo:
    """The company's time zone (`timezone` in company.toml)."""
    return ZoneInfo(settings.TROTH_COMPANY["company"].get("timezone", "UTC"))


def promised() -> int:
    """How many days the statement gives us."""
    return statement.current().promises[PROMISE].amount


def day_of(moment: datetime) -> date:
    """The calendar day of a moment, at the company."""
    return moment.astimezone(zone()).date()


def today() -> date:
    return day_of(timezone.now())


def due_after(received: datetime) -> datetime:
    """The last second of the last day.  Counted in days, not hours: a day on which the clocks change is one day."""
    last = day_of(received) + timedelta(days=promised())
    return datetime.combine(last, time(23, 59, 59, fold=1), zone())


def ends(received: datetime, due: datetime) -> datetime:
    """When a request is late: at the day it was given, and never later than its receipt allows."""
    return min(due, due_after(received))


def left(due: datetime) -> int:
    """Whole days left: 0 on the last day, less when it is over."""
    return (day_of(due) - today()).days


def target_of(received: datetime) -> date:
    """By when the house itself means to be done."""
    return day_of(received) + timedelta(days=HOUSE_TARGET)
