"""Requests through the JSON API: list one's own, and ask.  Who may is settled by the API it hangs on."""

from datetime import datetime
from typing import Any, Literal

from django.core import signing
from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from troth.gate.ids import uuid7
from troth.gate.problem_schema import COMMON
from troth.gate.problems import Trouble

from . import flows, fulfilling
from .forms import RequestForm
from .models import Request

router = Router(tags=["requests"])


class Asked(Schema):
    """What somebody asks; `purpose` goes with an objection."""

    kind: Literal["access", "correction", "deletion", "restriction", "objection", "portability"]
    text: str = Field(min_length=1, max_length=5000)
    purpose: str = Field("", max_length=60)


class Told(Schema):
    """A request of one's own."""

    number: str
    kind: str
    purpose: str
    state: str
    received_at: datetime
    due_at: datetime
    closed_at: datetime | None


@router.get("", response={200: list[Told], **COMMON}, url_name="api-requests", summary="Your requests")
def mine(request: HttpRequest) -> Any:
    """Newest first."""
    return list(Request.objects.filter(owner=request.person.owner_id).order_by("-received_at"))  # type: ignore[attr-defined]


@router.post("", response={201: Told, **COMMON}, summary="Make a request")
def ask(request: HttpRequest, wanted: Asked) -> Any:
    """The same checks as on the page.  You are signed in, so nothing more is needed to prove who asks."""
    sent = {**wanted.model_dump(), "submission": signing.dumps(uuid7().hex, salt=RequestForm.place)}
    form = RequestForm(sent, is_signed_in=True)
    if not form.is_valid():
        field, faults = next(iter(form.errors.items()))
        raise Trouble(
            422, "invalid", " ".join(map(str, faults)), "correct this field and send it again", field
        )
    told = form.cleaned_data
    row, _ = flows.ask(form.row_id, told["kind"], told["text"], "", told["purpose"], request.person)  # type: ignore[attr-defined]
    fulfilling.fulfil(row)
    row.refresh_from_db()
    return Status(201, row)
