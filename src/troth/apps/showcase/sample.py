"""The sample's published texts: Alice is listed and quoted, Charlie is asked and has not answered yet."""

from uuid import UUID

from troth.accounts.people.sample import PEOPLE, find
from troth.gate.ids import uuid7
from troth.gate.uses import Actor

from . import flows, shown
from .models import Publication

SAYS = (
    "We used to look for an order in three notebooks. Now whoever picks up the telephone knows what was promised, and I "
    "can see who looked at what."
)
USES = "Orders, glazes and the kiln’s diary, at one kitchen table in Vermont."
PROPOSED = "Our accountant sees the records of one project, until the end of March, and nothing else."
WHO = {"name": "Alice Archer", "title": "Owner", "company": "Archer Pottery"}


def fill(sales: Actor) -> None:
    """Sales ask Alice and Charlie; Alice permits what she is asked for, and offers a line of her own."""
    if (alice := find("alice")) is None or Publication.objects.exists():
        return
    asked = flows.ask(sales, uuid7().hex, PEOPLE["alice"].email, Publication.Kind.TESTIMONIAL, SAYS)
    offered = flows.offer(alice.owner_id, uuid7().hex, Publication.Kind.LISTING, {**WHO, "text": USES})
    if asked is not None and offered is not None:
        flows.change(alice.owner_id, asked.pk, {**WHO, "text": SAYS})
        _permit(alice.owner_id, asked.pk)
        flows.accept(offered.pk, _permit(alice.owner_id, offered.pk))
    flows.ask(sales, uuid7().hex, PEOPLE["charlie"].email, Publication.Kind.TESTIMONIAL, PROPOSED)


def _permit(owner: UUID, pk: UUID) -> str:
    seen = shown.own_one(owner, pk)
    return flows.permit(owner, pk, seen["hash"]).text_hash if seen else ""
