"""Files through Django's own FileSystemStorage, behind the same doors as ours, in clear."""

import os
from uuid import UUID

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import path

from troth.apps.files.sending import AT_ONCE
from troth.engine.seal import CHUNK
from troth.workspaces.doors import let_in


def storage() -> FileSystemStorage:
    """Where the peer's files lie: on the disk of ours."""
    place = settings.TROTH_HOME / "plain"
    place.mkdir(exist_ok=True)
    return FileSystemStorage(location=place)


@let_in()
def piece(request: HttpRequest, name: UUID, sync: int) -> HttpResponseBase:
    """The next piece of a file; with `sync` it is on disk before the answer leaves, as ours is."""
    with storage().open(str(name), "ab") as file:
        while data := request.read(AT_ONCE):
            file.write(data)
        file.flush()
        if sync:
            os.fdatasync(file.fileno())
        return JsonResponse({"offset": file.tell()})


@let_in()
def download(request: HttpRequest, name: UUID) -> HttpResponseBase:
    """All of a file, in pieces of the size of ours."""
    return StreamingHttpResponse(
        storage().open(str(name)).chunks(CHUNK), headers={"Content-Length": str(storage().size(str(name)))}
    )


urlpatterns = [
    path("bench/workspaces/<uuid:workspace>/<uuid:name>/", download),
    path("bench/workspaces/<uuid:workspace>/<uuid:name>/<int:sync>/", piece),
]
