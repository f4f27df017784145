"""Whether a request waits for us: found from who spoke last, and whether that got there.  Opens nothing."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from troth.gate.outbound.models import Message

from .models import Request, RequestMessage

LOST = (Message.State.FAILED, Message.State.UNKNOWN)


def with_last_word(rows: "QuerySet[Request]") -> "QuerySet[Any]":
    """The requests, with what `is_ours` asks of each, in one question to the store."""
    thread = RequestMessage.objects.filter(request=OuterRef("pk")).order_by("-sent_at", "-pk")
    lost = Message.objects.filter(state__in=LOST).values("pk")
    unheard = RequestMessage.objects.filter(pk=OuterRef("last_word"), read_at=None, mail_token__in=lost)
    asked = rows.annotate(
        last_role=Subquery(thread.values("role")[:1]), last_word=Subquery(thread.values("pk")[:1])
    )
    found: QuerySet[Any] = asked.annotate(is_unheard=Exists(unheard))
    return found


def is_ours(row: Any) -> bool:
    """Whether the next step is ours: the person spoke last, our word did not arrive, or nothing goes on by itself.

    `row` comes from `with_last_word`.
    """
    by_hand = row.kind == Request.Kind.CORRECTION and row.state == Request.State.PROVEN
    return by_hand or row.last_role == "" or bool(row.is_unheard)


def is_first_word(row: Request) -> bool:
    """Whether nothing else the person wrote is still unread: the desk is told once, and again when it has looked."""
    return not row.messages.filter(role="", read_at=None).exists()


def note_read(row: Request) -> None:
    """The privacy officer has the thread before them."""
    row.messages.filter(role="", read_at=None).update(read_at=timezone.now())
