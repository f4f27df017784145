"""The API of one workspace, below /api/v1/workspace/ (django-ninja).  The apps hang their parts on it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError

from troth.accounts.people.companies import NotNow
from troth.gate.problems import WORDS, Trouble
from troth.workspaces import sections
from troth.workspaces.access import enter
from troth.workspaces.api import COMMON, reading

from . import problems, schemas
from .door import ByKey, guarded
from .models import ApiKey

DESCRIPTION = (
    "What one workspace holds, for programs. A key is made in the workspace, under API; it belongs to one workspace and"
    " never allows more than the person who made it may do. Send it as `Authorization: Bearer troth_…`."
)

HERE = "/workspace"


class Described(NinjaAPI):
    """The library describes every body as plain JSON; problems have a type of their own (RFC 9457)."""

    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> Any:
        """The description."""
        schema = super().get_openapi_schema(*args, **kwargs)
        for operation in (each for methods in schema["paths"].values() for each in methods.values()):
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and "content" in answer:
                    answer["content"] = {problems.TYPE: answer["content"]["application/json"]}
        return schema


api = Described(
    title="A workspace", version="1", description=DESCRIPTION, docs_url=None, openapi_url=f"{HERE}/openapi.json",
    auth=ByKey(), urls_namespace="workspace-api",
)  # fmt: skip
api.add_decorator(guarded, mode="view")
router = Router(tags=["workspace"])


@api.exception_handler(Trouble)
def _trouble(request: HttpRequest, trouble: Any) -> HttpResponse:
    return problems.of(trouble)


@api.exception_handler(NotNow)
def _not_now(request: HttpRequest, why: Any) -> HttpResponse:
    return problems.of(Trouble(409, "obstructed", str(why), WORDS[409][2]))


@api.exception_handler(Http404)
def _not_here(request: HttpRequest, error: Any) -> HttpResponse:
    return problems.speak(request, 404)


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: Any) -> HttpResponse:
    return problems.speak(request, error.status_code)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    first = error.errors[0] if error.errors else {}
    # The library's own text may repeat what was sent; the kind of the fault does not.
    where = ".".join(str(part) for part in first.get("loc", ())[1:]) or None
    return problems.of(
        Trouble(422, "invalid", f"this does not fit: {first.get('type', 'unknown')}", WORDS[422][2], where)
    )


@router.get(
    "",
    response={200: schemas.WorkspaceTold, **COMMON},
    url_name="api-workspace",
    summary="The workspace and the key",
)
def workspace(request: HttpRequest) -> Any:
    """Which workspace the key opens, and what the key is for."""
    access = reading(request)
    key: ApiKey = request.admitted.key  # type: ignore[attr-defined]
    with enter(access):
        row = access.workspace
        return {
            "id": row.owner_id, "name": row.name, "ended_at": row.ended_at,
            "key": {"name": key.name, "right": key.right, "part": key.part, "ends_at": key.ends_at},
        }  # fmt: skip


api.add_router(HERE, router)
for prefix, named in sections.APIS:
    api.add_router(HERE + prefix, named)
