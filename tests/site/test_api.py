"""The JSON API against its own description: no server error, no answer that is not described, for anything sent."""

import json
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.middleware.csrf import get_token
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import HealthCheck, settings
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from werkzeug.test import Client as Wsgi

from tests.apps.privacy_people import browser, person
from tests.cast import durable, enquiry_of
from tests.house.tree import ROOT
from tests.site.demo import Browser, Demo
from tests.site.pages import PASSWORD
from troth.accounts.people.models import Person
from troth.client import Client, Unauthorized
from troth.gate.export import preparing
from troth.gate.subjects import holds
from troth.gate.subjects.merging import merge
from troth.gate.uses import SYSTEM, Actor

EXAMPLES = 20
ME = "/api/v1/me"
CODE = re.compile(r"^ +(\d{8})$", re.MULTILINE)


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
guarded = schema.include(method="POST", path=f"{ME}/exports").include(path=f"{ME}/exports/{{export}}/archive")
"""What wants a fresh sign-in and does not end the session."""


def sign_in_as(alice: Person, *, confirmed: bool = False) -> None:
    """The application is reached with her cookies from now on."""
    client, request = browser(alice, confirmed=confirmed), RequestFactory().get("/")
    token, held = get_token(request), [f"{each.key}={each.value}" for each in client.cookies.values()]
    app.sent = {
        "HTTP_COOKIE": "; ".join([*held, f"__Host-csrf={request.META['CSRF_COOKIE']}"]),
        "HTTP_X_CSRFTOKEN": token, "HTTP_ORIGIN": "https://localhost",
    }  # fmt: skip


@pytest.fixture
def alice(transactional_db: None) -> Person:
    """Somebody with an account and an enquiry."""
    who, enquiry = person(), enquiry_of()
    merge(enquiry.owner_id, who.owner_id, SYSTEM)
    return who


@pytest.fixture
def signed_in(alice: Person) -> None:
    """Alice's session, which is not confirmed, so that nothing of hers is erased under way."""
    sign_in_as(alice)


@pytest.fixture
def confirmed(alice: Person) -> Person:
    """Alice, who has said her password a moment ago."""
    sign_in_as(alice, confirmed=True)
    return alice


@durable
@schema.parametrize()
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_every_answer_is_described(case: Any, signed_in: None) -> None:
    # The session is put back in, so leaving it out proves nothing here; and what fits the form may still be refused,
    # as a telephone number that nobody can dial.
    case.call_and_validate(excluded_checks=[ignored_auth, positive_data_acceptance])


@durable
def test_the_session_of_these_tests_is_one(signed_in: None) -> None:
    client = Wsgi(app)
    for path in ("", "/uses", "/exports", "/choices"):
        assert client.get(f"/api/v1/me{path}").status_code == 200, path
    assert client.patch("/api/v1/me", json={"phone": "+12025550177"}).status_code == 200
    assert client.delete("/api/v1/me").json["error"] == "confirm-first"


# -- what wants a fresh sign-in


def described(method: str, path: str, status: int, **given: Any) -> Any:
    """Send what the description allows to a path below one's own data; the answer, which the description knows."""
    sent = schema[ME + path][method].Case(**given)
    answer = sent.call_and_validate(excluded_checks=[ignored_auth])
    assert answer.status_code == status, answer.text
    return answer


@durable
@guarded.parametrize()
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_every_answer_to_a_fresh_sign_in_is_described(case: Any, confirmed: Person) -> None:
    case.call_and_validate(excluded_checks=[ignored_auth, positive_data_acceptance])


@durable
def test_an_archive_from_the_asking_to_its_bytes_is_described(confirmed: Person) -> None:
    made = described("POST", "/exports", 202, body={"categories": None}).json()
    which = {"path_parameters": {"export": made["id"]}}
    assert described("GET", "/exports/{export}", 200, **which).json()["state"] == "preparing"
    assert described("GET", "/exports/{export}/archive", 409, **which).json()["error"] == "not-ready"
    assert preparing.prepare_one()
    given = described("GET", "/exports/{export}/archive", 200, **which)
    assert given.headers["content-type"] == ["application/zip"] and given.content[:2] == b"PK"
    sign_in_as(confirmed)
    assert described("GET", "/exports/{export}/archive", 403, **which).json()["error"] == "confirm-first"


@durable
def test_an_erasure_that_is_hindered_and_one_that_is_not_are_described(confirmed: Person) -> None:
    hold = holds.place(confirmed.owner_id, timezone.now() + timedelta(days=9), Actor("owner"), "share.legal")
    assert described("DELETE", "", 409).json()["error"] == "obstructed"
    assert hold and holds.lift(confirmed.owner_id, Actor("owner")) == 1
    assert described("DELETE", "", 202).json()["state"] == "purging"
    assert described("DELETE", "", 401).json()["error"] == "not-signed-in"


# -- over the real door


def test_the_door_lets_a_correction_and_an_erasure_through(demo: Demo) -> None:
    alice, owner, address = demo.browser(), demo.browser().become("owner"), "api@doorways.example"
    told = {"name": "Ada Pi", "company": "Doorways", "email": address, "password": PASSWORD}
    assert alice.fill_in("/register/", told).status == 302
    letters = [
        owner.get(path).text
        for path in re.findall(r"/office/mail/[0-9a-f-]{36}/", owner.get("/office/mail/").text)
    ]
    (code,) = [found[1] for text in letters if address in text and (found := CODE.search(text))]
    assert alice.fill_in("/register/code/", {"code": code}).status == 302
    corrected = alice.change("PATCH", ME, {"phone": "+12025550177"})
    assert corrected.status == 200 and json.loads(corrected.text)["registration"]["phone"] == "+12025550177"
    hindered = alice.change("DELETE", ME)
    assert hindered.status == 409 and "close it" in json.loads(hindered.text)["advice"]
    (company,) = re.findall(
        r"/account/people/[0-9a-f-]{36}/", alice.get("/account/people/").header("location")
    )
    assert alice.fill_in(f"{company}close/", {"name": "Doorways"}).status == 302
    gone = alice.change("DELETE", ME)
    assert gone.status == 202 and json.loads(gone.text)["state"] in ("purging", "done")
    assert alice.get(ME).status == 401


# -- a workspace's API, by its client


def as_the_samples_alice(demo: Demo) -> tuple[Browser, str]:
    """Her browser, and the address of her workspace."""
    alice = demo.browser()
    assert alice.fill_in("/contact/", {"role": "alice"}, to="/sample/sign-in/").status == 302
    (pottery,) = re.findall(r"/workspaces/[0-9a-f-]{36}/", alice.get("/workspaces/").text)[:1]
    return alice, pottery


def test_the_client_does_what_its_page_says(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    alice, pottery = as_the_samples_alice(demo)
    kept = {"sql": 'SELECT "Name" FROM "Contacts" WHERE "Company" = $name', "name": "Companies", "keep": "on"}
    assert alice.fill_in(f"{pottery}queries/", kept).status == 302
    last = (timezone.now() + timedelta(days=9)).date().isoformat()
    made = alice.fill_in(f"{pottery}api/", {"name": "Docs", "right": "edit", "part": "", "last_day": last})
    (key,) = re.findall(r'id="new-key">([^<]+)<', made.text)
    told = {
        "TROTH_URL": demo.url,
        "TROTH_API_KEY": key,
        "TROTH_AUTHORITY": str(demo.home / "tls" / "authority.pem"),
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    asked = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert json.loads(asked.stdout)["key"]["name"] == "Docs"
    blocks, names = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE), dict[str, Any]()
    for block in blocks:
        exec(compile(block, "docs/api.md", "exec"), names)  # noqa: S102 - our own page
    said = capfd.readouterr().out
    for words in ("Archer Pottery edit", "Vera Winter", "somebody changed it since we read it: Winter Tiles", "600 made",
                  "row 1 Name", "('Name',) [['Vera Winter']]", "23000 of 23000", "firing.txt"):  # fmt: skip
        assert words in said, words
    assert (tmp_path / "again.txt").read_bytes() == (tmp_path / "firing.txt").read_bytes()
    alice.close()  # the line was idle for so long that the server may have hung up
    (ends,) = re.findall(rf"{pottery}api/[0-9a-f-]+/end/", alice.get(f"{pottery}api/").text)
    assert alice.fill_in(f"{pottery}api/", {}, to=ends).status == 302
    with Client(demo.url, key, authority=told["TROTH_AUTHORITY"]) as late, pytest.raises(Unauthorized):
        late.workspace()
