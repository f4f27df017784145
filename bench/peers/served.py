"""The house's own door, with the peer's addresses behind it: a target for `python -m troth.config.listen door`."""

import re
from importlib import import_module
from wsgiref.types import WSGIApplication

from troth.config import incoming
from troth.config.door import Door


def _load() -> WSGIApplication:
    application: WSGIApplication = import_module("troth.config.wsgi").application
    import_module("troth.config.urls").urlpatterns += import_module("bench.peers.filing").urlpatterns
    ours = incoming.STREAMED["PUT"].pattern
    incoming.STREAMED["PUT"] = re.compile(rf"{ours}|/bench/workspaces/[0-9a-f-]{{36}}/[0-9a-f-]{{36}}/[01]/")
    return application


app = Door(_load)
