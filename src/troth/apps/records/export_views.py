"""The page and the download of an export."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from troth.workspaces.access import enter
from troth.workspaces.doors import access_of, let_in, shown
from troth.workspaces.models import Right
from troth.workspaces.taking_along import asked_first

from . import exporting
from .import_views import collection_of
from .models import Record

FORMS = {exporting.CSV: "text/csv; charset=utf-8", exporting.JSON_LINES: "application/x-ndjson"}


@require_safe
@let_in()
@shown
def export(request: HttpRequest, collection: UUID) -> HttpResponseBase:
    """What a collection can be taken along as."""
    row = collection_of(access_of(request), collection, Right.VIEW)
    count = Record.objects.filter(collection=row, is_shown=True).count()
    return TemplateResponse(
        request, "records/export.html", {"collection": collection, "name": row.name, "count": count}
    )


@require_safe
@let_in()
def download(request: HttpRequest, collection: UUID, form: str) -> HttpResponseBase:
    """The file, sent as it is read."""
    if form not in FORMS:
        raise Http404
    access = access_of(request)
    with enter(access):
        row = collection_of(access, collection, Right.VIEW)
    page = reverse("records-export", args=[access.workspace.owner_id, collection])
    if first := asked_first(request, access, collection, page):
        return first
    answer = StreamingHttpResponse(exporting.export(access, row, form), content_type=FORMS[form])
    answer["Content-Disposition"] = f'attachment; filename="records-{collection.hex[:8]}.{form}"'
    return answer
