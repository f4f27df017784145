"""What the pages of joint offers show: to anyone, to whoever is interested, to staff, to a partner."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q

from troth.gate.countries import countries
from troth.gate.telling import recipients
from troth.gate.telling.shown import told_to
from troth.gate.uses import EACH, Actor, using

from .flows import RECIPIENT, as_owner
from .models import Delivery, Ending, Interest, Part, Partner, Promotion

READING = "answering-enquiries"
LISTED = 50


def offer(row: Promotion) -> dict[str, Any]:
    """An offer as its page states it."""
    parts = row.parts.select_related("partner").order_by("partner__name")
    return {
        "pk": row.pk, "title": row.title, "text": row.text, "is_live": row.is_live,
        "until": row.ended_at or row.ends_at,
        "partners": [partner(part.partner) for part in parts], "gets": [recipients.kind(name) for name in row.named()],
    }  # fmt: skip


def partner(row: Partner) -> dict[str, Any]:
    """A partner as pages name it."""
    return {
        "pk": row.pk, "name": row.name, "country": countries().get(row.country, row.country),
        "statement": row.statement, "desk": row.desk, "ended_at": row.ended_at, "endpoint": row.endpoint,
        "key_ends_on": row.key_ends_on, "has_key": row.has_key(),
    }  # fmt: skip


def own(owner: UUID, row: Promotion) -> dict[str, Any] | None:
    """What somebody gave with their interest in an offer, and who has it; None where they showed none."""
    found = Interest.objects.filter(owner=owner, promotion=row, withdrawn_at=None).first()
    if found is None:
        return None
    with as_owner(owner):
        given = [(recipients.kind(found.seals[name].category), getattr(found, name)) for name in row.fields()]
    had = Delivery.objects.filter(about=owner, row_id=found.pk, is_again=False).select_related(
        "part__partner"
    )
    return {
        "at": found.shown_at, "given": [(label, value) for label, value in given if value],
        "had": [{"name": each.part.partner.name, "at": each.at} for each in had],
    }  # fmt: skip


def at_desk(by: Actor) -> list[dict[str, Any]]:
    """Each offer in the office: its partners, how many are interested, what each partner holds."""
    rows = Promotion.objects.annotate(
        live=Count("interests", filter=Q(interests__withdrawn_at=None)),
        withdrawn=Count("interests", filter=~Q(interests__withdrawn_at=None)),
    )
    return [{**offer(row), "live": row.live, "withdrawn": row.withdrawn, "parts": parts(row)} for row in rows]


def parts(row: Promotion) -> list[dict[str, Any]]:
    """What each partner of an offer was given."""
    return [
        {**part(each), "partner": each.partner.name, "partner_pk": each.partner_id}
        for each in row.parts.select_related("partner")
    ]


def part(row: Part) -> dict[str, Any]:
    """How much one partner was given, and how much of that it was told to delete."""
    given = Delivery.objects.filter(part=row)
    counted = given.aggregate(all=Count("pk"), first=Count("pk", filter=Q(is_again=False)), last=Max("at"))
    told = Ending.objects.filter(part=row).count()
    return {
        "pk": row.pk, "number": row.reference, "is_live": row.is_live(), "has_key": row.secret_hash is not None,
        "deliveries": counted["all"], "records": counted["first"], "last": counted["last"], "withdrawn": told,
        "holds": counted["first"] - told,
    }  # fmt: skip


def told(row: Partner) -> dict[str, Any]:
    """What a partner holds of each offer, and each letter to its desk with what it answered; of nobody by name."""
    parts = [
        {
            **part(each),
            "offer": each.promotion.title,
            "offer_pk": each.promotion_id,
            "is_tried": each.attempts > 0,
        }
        for each in row.parts.select_related("promotion", "partner")
    ]
    letters = told_to(RECIPIENT, str(row.pk))
    return {
        "parts": parts, "all_letters": letters.count(), "unanswered": letters.exclude(state="confirmed").count(),
        "letters": [
            {
                "number": each.pk.hex[:8], "kind": each.kind, "state": each.state, "count": each.count,
                "category": recipients.kind(each.category) if each.category else "",
                "at": each.confirmed_at or each.told_at or each.made_at,
            }
            for each in letters[:LISTED]
        ],
    }  # fmt: skip


def interested(row: Promotion, by: Actor) -> list[dict[str, Any]]:
    """Who showed interest in an offer, the newest first; those who limited this use of their data are left out."""
    found = Interest.objects.filter(promotion=row, withdrawn_at=None)[:LISTED]
    with using(READING, by=by, given=EACH) as opening:
        return [
            {"at": each.shown_at, "name": each.name, "email": each.email}
            for each in found
            if opening.is_open_to(each)
        ]
