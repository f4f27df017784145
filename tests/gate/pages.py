"""Pages that go wrong in every way a page can, beside the house's own; the tests open them in a browser."""

from collections.abc import Iterator
from functools import wraps

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import Context, RequestContext, Template
from django.template.response import SimpleTemplateResponse
from django.urls import include, path

from troth.apps.enquiries.models import Enquiry
from troth.config.urls import handler400, handler403, handler404, handler500
from troth.gate.uses import EACH, SYSTEM, use, using
from troth.gate.uses.outward import Stream

__all__ = ["handler400", "handler403", "handler404", "handler500"]
PURPOSE = "answering-enquiries"
SWALLOWING = "{% if row.email == 'x' %}a{% else %}swallowed{% endif %}"


class Lazy(SimpleTemplateResponse):
    """A response whose template is a text and is rendered when Django asks for it."""

    def resolve_template(self, template: object) -> object:
        class Backend:
            def render(self, context: dict[str, object] | None, request: object = None) -> str:
                return Template(str(template)).render(Context(context or {}))

        return Backend()


def system(view):  # type: ignore[no-untyped-def]
    """The view, with the house itself as the actor."""

    @wraps(view)
    def inside(request: HttpRequest) -> HttpResponse:
        request.actor = SYSTEM  # type: ignore[attr-defined]
        return view(request)  # type: ignore[no-any-return]

    return inside


@system
@use(PURPOSE, given=EACH)
def lazy(request: HttpRequest) -> HttpResponse:
    return Lazy("{% for row in rows %}{{ row.email }}{% endfor %}", {"rows": Enquiry.objects.all()})


@system
def lazy_without_a_use(request: HttpRequest) -> HttpResponse:
    return Lazy("{% for row in rows %}[{{ row.email }}]{% endfor %}", {"rows": Enquiry.objects.all()})


def swallowed(request: HttpRequest) -> HttpResponse:
    """Refused within a template that goes on; somebody catches what the use then raises, too."""
    try:
        with using("personalising", by=SYSTEM):
            text = Template(SWALLOWING).render(RequestContext(request, {"row": Enquiry.objects.get()}))
    except Exception:  # noqa: BLE001 - careless on purpose
        text = "swallowed twice"
    return HttpResponse(text)


def swallowed_into_a_form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(swallowed(request).content, status=422)


def swallowed_outside(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Template(SWALLOWING).render(Context({"row": Enquiry.objects.get()})))


@system
@use(PURPOSE, given=EACH)
def eager(request: HttpRequest) -> HttpResponse:
    return HttpResponse(" ".join(str(row.email) for row in Enquiry.objects.all()))


@system
@use(PURPOSE, given=EACH)
def careless(request: HttpRequest) -> HttpResponse:
    try:
        Enquiry.objects.get().email  # noqa: B018 - reading is the point
    except Exception:  # noqa: BLE001 - careless on purpose
        return HttpResponse("an error, but I carry on")
    return HttpResponse("read")


@system
@use(PURPOSE, given=EACH)
def template_swallows_keys(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Template(SWALLOWING).render(Context({"row": Enquiry.objects.get()})))


def locked(request: HttpRequest) -> HttpResponse:
    raise OperationalError("database is locked")


def late(request: HttpRequest) -> StreamingHttpResponse:
    row = Enquiry.objects.get()

    def pieces() -> Iterator[str]:
        yield "first;"
        yield str(row.email)

    return StreamingHttpResponse(pieces())


def stream(request: HttpRequest) -> StreamingHttpResponse:
    rows = list(Enquiry.objects.order_by("pk"))
    flow = Stream(PURPOSE, rows, ("email",), by=SYSTEM, given=EACH)
    response = StreamingHttpResponse(flow.read(row, "email") + ";" for row in rows)
    response._resource_closers.append(flow.close)
    return response


VIEWS = (
    lazy,
    lazy_without_a_use,
    swallowed,
    swallowed_into_a_form,
    swallowed_outside,
    eager,
    careless,
    template_swallows_keys,
    locked,
    late,
    stream,
)
urlpatterns = [
    *(path(f"test/{view.__name__}/", view) for view in VIEWS),
    path("", include("troth.config.urls")),
]
