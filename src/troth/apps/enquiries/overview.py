"""What enquiries add to the office's overview: numbers, and nobody's data."""

from datetime import date, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from troth.gate.registry import FIGURES, PLOTS, Figure, Plot

from .models import Enquiry


def waiting() -> int:
    """Enquiries that nobody has answered."""
    return Enquiry.objects.filter(state=Enquiry.State.OPEN).count()


def by_day(days: int) -> list[tuple[date, int]]:
    """(day, enquiries received) of the last days, oldest first."""
    since = timezone.now().date() - timedelta(days=days - 1)
    rows = Enquiry.objects.filter(received_at__date__gte=since).order_by()
    counted = dict(rows.annotate(day=TruncDate("received_at")).values_list("day").annotate(Count("pk")))
    return [(day, counted.get(day, 0)) for day in (since + timedelta(days=n) for n in range(days))]


def register() -> None:
    """Put both on the overview."""
    FIGURES.append(Figure("Enquiries waiting", "for an answer", "inbox", waiting))
    PLOTS.append(Plot("Enquiries", by_day))
