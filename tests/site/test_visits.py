"""Visits as a real browser and a real program tell them to the running demo, and what a kill leaves of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.apps.navigating import FIREFOX
from tests.site.conftest import Opens
from tests.site.databases import line_to
from tests.site.demo import ROOT, Answer, Demo, environment
from troth.apps.navigation.wire import website_of

ASKED = "SELECT what, path, target, done, browser, load_ms, read_ms, alias FROM navigation_event"
PROGRAM = """
import sys, umami
umami.set_url_base(sys.argv[1]); umami.set_website_id(sys.argv[2]); umami.set_hostname("localhost")
umami.new_page_view(page_title="Alice", url="/from-a-program/?who=alice", ip_address="198.51.100.9")
umami.new_event("program begun", url="/from-a-program/", custom_data={"email": "alice@archer.example"})
"""


def events(demo: Demo, path: str) -> list[tuple[Any, ...]]:
    """What is in the table of the pages below a path, in the order in which it was done."""
    with line_to(demo.home, demo.settings) as database:
        return list(database.execute(f"{ASKED} WHERE path LIKE '{path}%' ORDER BY id").fetchall())


def post(demo: Demo, path: str, body: Any, kind: str = "text/plain") -> Answer:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return demo.browser(10.0)._ask("POST", path, sent, {"Content-Type": kind})


def test_a_browser_tells_of_pages_links_forms_and_reading(demo: Demo, opens: Opens) -> None:
    page = opens(user_agent=FIREFOX).new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{demo.url}/refer/?code=secret")
    page.wait_for_load_state("networkidle")
    page.locator("main [name=friend_name]").fill("Frieda")
    page.evaluate("history.pushState({}, '', '/refer/step/')")
    page.evaluate(
        "() => { const a = document.createElement('a'); a.href = 'https://elsewhere.example/x?y'; a.id = 'away';"
        " document.body.append(a); addEventListener('click', event => event.preventDefault()); a.click();"
        " a.href = '/paper.pdf'; a.click(); setTimeout(() => { throw new Error('of the page') }) }"
    )
    time.sleep(1.1)
    page.goto("about:blank")
    page.wait_for_timeout(300)
    found = events(demo, "/refer/")
    kinds = [(what, path, target) for what, path, target, *_ in found]
    assert kinds[:2] == [(1, "/refer/", ""), (4, "/refer/", "")] and (1, "/refer/step/", "") in kinds
    assert {(2, "/refer/step/", "elsewhere.example/x"), (3, "/refer/step/", "localhost/paper.pdf")} <= set(
        kinds
    )
    assert any(what == 7 for what, *_ in found) and any(hit[0] == 6 and hit[6] > 999 for hit in found)
    # What a page sends as it goes carries the name of the real browser, and that of the tests is a program's.
    assert len({bytes(hit[7]) for hit in found if hit[4] == "Firefox 140"}) == 1 and found[0][5] > 0
    assert "secret" not in repr(found) and "Frieda" not in repr(found)
    assert [said for said in complaints if "of the page" not in said] == []


def test_without_scripts_a_picture_counts_the_page(demo: Demo, opens: Opens) -> None:
    context = opens(java_script_enabled=False, user_agent=FIREFOX)
    page = context.new_page()
    page.goto(f"{demo.url}/testimonials/?a=b")
    page.wait_for_load_state("networkidle")
    page.goto(f"{demo.url}/customers/")
    page.wait_for_load_state("networkidle")
    (first,), (second,) = events(demo, "/testimonials/")[-1:], events(demo, "/customers/")[-1:]
    assert first[-1] is not None and bytes(first[-1]) == bytes(second[-1])
    (cookie,) = [each for each in context.cookies() if each["name"] == "__Host-visitor"]
    assert cookie["httpOnly"] and cookie["secure"] and cookie["sameSite"] == "Lax"


def test_a_program_made_for_umami_posts_unchanged_and_names_nobody(demo: Demo) -> None:
    trusting = environment(SSL_CERT_FILE=str(demo.home / "tls" / "authority.pem"))
    command = [sys.executable, "-c", PROGRAM, demo.url, str(website_of("localhost"))]
    done = subprocess.run(command, env=trusting, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-1000:]
    found = [(what, path, called) for what, path, _, called, *_ in events(demo, "/from-a-program/")]
    assert found == [(1, "/from-a-program/", ""), (8, "/from-a-program/", "program begun")]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/event", b"x" * 40_000, 413), ("/api/event", b"{", 400), ("/api/batch", b"[" * 300_000, 413),
        ("/api/batch", b"[" * 200_000, 400), ("/beacon/view.gif", b"x", 413), ("/api/send", b"\xff", 400),
    ],
    ids=["large", "broken", "huge", "bomb", "picture", "utf-8"],
)  # fmt: skip
def test_bad_bodies_get_a_small_clear_answer_from_the_door(
    demo: Demo, path: str, body: bytes, status: int
) -> None:
    answer = post(demo, path, body)
    assert answer.status == status and 0 < len(answer.body) < 200


@pytest.mark.long
def test_visits_killed_anywhere_are_kept_once_or_were_not_acknowledged() -> None:
    command = [sys.executable, ROOT / "scripts" / "kill_visits.py", "--moments", "2", "--clients", "4"]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("2 kills") and "none lost, none twice" in done.stdout
    print(done.stdout)
