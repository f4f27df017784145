"""The inbox on plain models: the very code of the real view, with another model behind the name `Enquiry`."""

import inspect
import json
from collections.abc import Callable
from types import FunctionType
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import path
from django.views.decorators.cache import never_cache

from troth.accounts.staff import staff_only
from troth.apps.enquiries import desk

from .models import AuditRow, PlainEnquiry

View = Callable[..., HttpResponseBase]


class _NoUse:
    """What the view asks of its use, answered by a house where everything lies open."""

    def is_open_to(self, row: PlainEnquiry) -> bool:
        """Nobody's key is ever gone."""
        return True


def _on_plain_models() -> View:
    """`desk.inbox` without its use, its module's functions bound to the plain model.  No second copy can fall behind."""
    names: dict[str, Any] = dict(vars(desk))
    own = [
        name
        for name, value in names.items()
        if inspect.isfunction(value) and value.__module__ == desk.__name__
    ]
    for name in own:
        function = inspect.unwrap(names[name])
        bound = FunctionType(function.__code__, names, name, function.__defaults__, function.__closure__)
        bound.__kwdefaults__ = function.__kwdefaults__
        names[name] = bound
    names["Enquiry"] = PlainEnquiry
    names["current_use"] = _NoUse
    view: View = names["inbox"]
    return view


_inbox = _on_plain_models()


@never_cache
@staff_only(*desk.READERS)
def plain_inbox(request: HttpRequest) -> HttpResponseBase:
    """The page, and nothing recorded."""
    return _inbox(request)


@never_cache
@staff_only(*desk.READERS)
def audited_inbox(request: HttpRequest) -> HttpResponseBase:
    """The page, and one durable audit row that names whose enquiries were shown."""
    response = _inbox(request)
    shown = [str(row["pk"]) for row in response.context_data["page"].object_list]  # type: ignore[attr-defined]
    staff = request.staff  # type: ignore[attr-defined]
    with transaction.atomic(durable=True):
        AuditRow.objects.create(
            actor=staff.owner_id.hex, role=staff.role, purpose="answering-enquiries", detail=json.dumps(shown)
        )
    return response


urlpatterns = [path("bench/plain/", plain_inbox), path("bench/audited/", audited_inbox)]
