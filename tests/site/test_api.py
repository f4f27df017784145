"""The JSON API against its own description: no server error, no answer that is not described, for anything sent."""

from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.middleware.csrf import get_token
from django.test import RequestFactory
from hypothesis import HealthCheck, settings
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from werkzeug.test import Client

from tests.apps.privacy_people import browser, person
from tests.cast import durable, enquiry_of
from troth.gate.subjects.merging import merge
from troth.gate.uses import SYSTEM

EXAMPLES = 20


class Alices:
    """The application as Alice's browser reaches it: over TLS, with her cookies and the form token."""

    def __init__(self) -> None:
        self._app = WSGIHandler()
        self.sent: dict[str, str] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ |= {"wsgi.url_scheme": "https", "HTTP_HOST": "localhost", "SERVER_PORT": "443", **self.sent}
        return self._app(environ, start_response)


app = Alices()
WISHES = GenerationConfig(
    max_examples=EXAMPLES, deterministic=True, database="none", with_security_parameters=False
)
schema = schemathesis.openapi.from_wsgi(
    "/api/v1/openapi.json", app,
    config=SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=WISHES))),
)  # fmt: skip


@pytest.fixture
def signed_in(transactional_db: None) -> None:
    """Alice's session, which is not confirmed, so that nothing of hers is erased under way."""
    alice, enquiry = person(), enquiry_of()
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    client, request = browser(alice), RequestFactory().get("/")
    token, session = get_token(request), client.cookies["__Host-session"].value
    app.sent = {
        "HTTP_COOKIE": f"__Host-session={session}; __Host-csrf={request.META['CSRF_COOKIE']}",
        "HTTP_X_CSRFTOKEN": token, "HTTP_ORIGIN": "https://localhost",
    }  # fmt: skip


@durable
@schema.parametrize()
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_every_answer_is_described(case: Any, signed_in: None) -> None:
    # The session is put back in, so leaving it out proves nothing here; and what fits the form may still be refused,
    # as a telephone number that nobody can dial.
    case.call_and_validate(excluded_checks=[ignored_auth, positive_data_acceptance])


@durable
def test_the_session_of_these_tests_is_one(signed_in: None) -> None:
    client = Client(app)
    for path in ("", "/uses", "/exports", "/choices"):
        assert client.get(f"/api/v1/me{path}").status_code == 200, path
    assert client.patch("/api/v1/me", json={"phone": "+12025550177"}).status_code == 200
    assert client.delete("/api/v1/me").json["error"] == "confirm-first"
