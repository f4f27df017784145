"""A workspace's API against its own description: no server error, no answer that is not described, for anything sent."""

from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, settings
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from tests.apps.api_house import key, pot, pots
from tests.cast import durable
from tests.workspaces.customers import customer, workspace

EXAMPLES = 5


class Programs:
    """The application as a program reaches it: over TLS, with its key."""

    def __init__(self) -> None:
        self._app, self.key = WSGIHandler(), ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ |= {"wsgi.url_scheme": "https", "HTTP_HOST": "localhost", "SERVER_PORT": "443"}
        environ["HTTP_AUTHORIZATION"] = f"Bearer {self.key}"
        return self._app(environ, start_response)


app = Programs()
WISHES = GenerationConfig(
    max_examples=EXAMPLES, deterministic=True, database="none", with_security_parameters=False
)
schema = schemathesis.openapi.from_wsgi(
    "/api/v1/workspace/openapi.json", app,
    config=SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=WISHES))),
)  # fmt: skip
# Lists of hundreds of rows are slow to make up, and tell no more than short ones.
for body in schema.raw_schema["components"]["schemas"].values():
    for each in body.get("properties", {}).values():
        each.pop("maxItems", None)
IDS: dict[str, str] = {}


@pytest.fixture
def keyed(transactional_db: None) -> None:
    """A workspace with a collection and a record, and a key to it."""
    cache.clear()
    here = workspace(customer())
    made, fields = pots(here)
    IDS.update(collection=str(made.pk), record=str(pot(here, made, fields).pk))
    app.key = key(here)


@durable
@schema.parametrize()
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_every_answer_is_described(case: Any, keyed: None) -> None:
    # Ids that were made up lead nowhere: those that are there lead on to what is behind.
    for name, value in IDS.items():
        if name in case.path_parameters:
            case.path_parameters[name] = value
    answer = case.call()
    # What does not fit and is too large as well is refused for the one or the other.
    excluded = [ignored_auth, positive_data_acceptance]
    excluded += [negative_data_rejection] if answer.status_code == 413 else []
    case.validate_response(answer, excluded_checks=excluded)
