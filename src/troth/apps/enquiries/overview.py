"""What enquiries add to the office's overview and to the Company's own workspace: numbers, and nobody's data."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from troth.accounts.models import Role, StaffMember
from troth.gate.registry import FIGURES, PLOTS, Figure, Plot
from troth.workspaces.access import Access
from troth.workspaces.sections import workspace_card

from .models import Call, Enquiry


def waiting() -> int:
    """Enquiries that nobody has answered."""
    return Enquiry.objects.filter(state=Enquiry.State.OPEN).count()


def by_day(days: int) -> list[tuple[date, int]]:
    """(day, enquiries received) of the last days, oldest first."""
    since = timezone.now().date() - timedelta(days=days - 1)
    rows = Enquiry.objects.filter(received_at__date__gte=since).order_by()
    counted = dict(rows.annotate(day=TruncDate("received_at")).values_list("day").annotate(Count("pk")))
    return [(day, counted.get(day, 0)) for day in (since + timedelta(days=n) for n in range(days))]


def calls_card(by: Access) -> dict[str, Any]:
    """The latest calls, in the Company's own workspace alone; what was noted is read on the page of the enquiry."""
    if not by.workspace.is_companys:
        return {}
    latest = Call.objects.order_by("-at", "-pk")[:5]
    return {
        "is_ours": True,
        "may_read": StaffMember.objects.filter(owner=by.person, role__in=(Role.SALES, Role.SUPPORT)).exists(),
        "calls": [
            {"enquiry": row.enquiry_id, "outcome": row.get_outcome_display(), "at": row.at} for row in latest
        ],
    }


def register() -> None:
    """Put them where they are looked for."""
    workspace_card(5, "enquiries/calls_card.html", calls_card)
    FIGURES.append(Figure("Enquiries waiting", "for an answer", "inbox", waiting))
    PLOTS.append(Plot("Enquiries", by_day))
