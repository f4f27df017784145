"""What the pages of providers show.  None of it opens anything."""

from typing import Any

from django.db.models import Count, Max, Q

from troth.gate.duties import rules
from troth.gate.duties.models import Contract, Duty, Handover
from troth.gate.published import statement
from troth.gate.telling import ending, recipients
from troth.gate.telling.shown import ShownRecipient, listed


def duty(row: Duty) -> dict[str, Any]:
    """One duty in the statement's words."""
    policy, known = statement.current(), rules.RULES.get(row.rule)
    purpose = policy.purposes.get(row.purpose)
    clause = rules.purposes(policy).get((row.recipient, row.purpose), "share.quality")
    return {
        "pk": row.pk, "number": row.reference, "who": recipients.name(row.recipient), "recipient": row.recipient,
        "purpose": purpose.label if purpose else row.purpose, "fields": [recipients.kind(name) for name in row.named()],
        "covers": known.label if known else row.rule, "channel": row.get_channel_display(), "is_live": row.is_live(),
        "is_file": row.channel == Duty.Channel.FILE, "is_here": row.channel == Duty.Channel.HERE,
        "begun_at": row.begun_at, "over_at": row.over_at, "notice": row.notice, "endpoint": row.endpoint,
        "clause": clause, "title": statement.title(clause),
    }  # fmt: skip


def counted(row: Duty) -> dict[str, Any]:
    """How much was handed over under a duty, and what came back."""
    made = Handover.objects.filter(duty=row)
    found: dict[str, Any] = made.aggregate(
        records=Count("number", filter=Q(is_again=False)), again=Count("number", filter=Q(is_again=True)),
        reported=Count("number", filter=~Q(outcome="")), last=Max("at"),
    )  # fmt: skip
    return found


def deletion(row: Duty) -> dict[str, Any] | None:
    """How far the provider of an ended duty is with deleting."""
    told = ending.of_duty(row.pk)
    return {"state": told.state, "told_at": told.told_at, "confirmed_at": told.confirmed_at} if told else None


def register() -> list[dict[str, Any]]:
    """Every provider that may be given something: who, where, what, under which duties (clause share.providers)."""
    live = [row for row in Duty.objects.all() if row.is_live() and row.channel != Duty.Channel.HERE]
    contracts = {row.recipient: row for row in Contract.objects.all()}
    return [_provider(each, live, contracts.get(each.recipient)) for each in listed()]


def _provider(one: ShownRecipient, live: list[Duty], contract: Contract | None) -> dict[str, Any]:
    entry = recipients.registered(one.recipient)
    needs_duty = one.recipient in rules.recipients()
    return {
        "name": entry.name if entry else one.name, "what": recipients.label(one.recipient), "country": one.country,
        "fields": [] if needs_duty else list(one.may_hold), "needs_duty": needs_duty,
        "since": contract.signed_on if contract else None,
        "duties": [duty(row) for row in live if row.recipient == one.recipient],
    }  # fmt: skip


def providers() -> list[dict[str, Any]]:
    """Those who work on duties, for staff: with their contract and every duty there was."""
    contracts = {row.recipient: row for row in Contract.objects.all()}
    rows = list(Duty.objects.order_by("ended_at", "-begun_at"))
    found = []
    for name in rules.recipients():
        entry, contract = recipients.registered(name), contracts.get(name)
        found.append({
            "name": recipients.name(name), "country": entry.country if entry else "", "contract": contract,
            "duties": [{**duty(row), **counted(row)} for row in rows if row.recipient == name],
        })  # fmt: skip
    return found
