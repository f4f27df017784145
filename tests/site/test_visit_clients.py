"""The programs that people install from npm for Plausible and for Umami, unchanged, against the running demo."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.apps.navigating import FIREFOX
from tests.site.conftest import Opens
from tests.site.demo import ROOT, Demo, environment
from tests.site.test_visits import events
from troth.apps.navigation.wire import website_of

FOLDER = ROOT / ".clients" / "node_modules"
# It is asked for by its stamp: a folder half installed is none.
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (ROOT / ".clients" / ".troth").is_file(),
    reason="node or the clients of tests/npm are missing: run `scripts/setup.sh clients`",
)

PLAUSIBLE = """async () => {
    const {init, track} = await import('/clients/@plausible-analytics/tracker/plausible.js');
    const said = (name, more) => new Promise(done => track(name, {...more, callback: done}));
    init({domain: 'localhost', endpoint: '/api/event', captureOnLocalhost: true, autoCapturePageviews: false});
    await said('pageview', {url: 'https://localhost/plausible/new/?who=alice'});
    await said('Sign up', {url: 'https://localhost/plausible/new/', props: {email: 'alice@archer.example'},
        revenue: {currency: 'USD', amount: 10}});
    return 'done';
}"""
OLDER = """async () => {
    const {default: Plausible} = await import('/clients/plausible-tracker/build/module/index.js');
    const {trackPageview, trackEvent} = Plausible({domain: 'localhost', apiHost: '', trackLocalhost: true});
    const said = (send) => new Promise(done => send({callback: done}));
    await said(options => trackPageview({url: 'https://localhost/plausible/old/'}, options));
    await said(options => trackEvent('File Download', {...options, props: {url: 'https://localhost/a.pdf'}},
        {url: 'https://localhost/plausible/old/'}));
    return 'done';
}"""
UMAMI = """
const {Umami} = require('@umami/node');
const [hostUrl, websiteId, agent] = process.argv.slice(1);
const client = new Umami({hostUrl, websiteId, userAgent: agent});
const told = async sent => {
    const answer = await sent;
    console.log(answer.status, answer.headers.get('x-troth-dropped'), JSON.stringify(await answer.json()));
};
(async () => {
    await told(client.track({url: '/umami/', title: 'Hello Alice', id: 'alice', ip: '198.51.100.9'}));
    await told(client.track('node begun', {email: 'alice@archer.example', id: 'alice'}));
    await told(client.identify({email: 'alice@archer.example'}));
    await told(new Umami({hostUrl, websiteId}).track({url: '/umami/program/'}));
})();
"""


def given(route: Route) -> None:
    """A file of a package, as a site would serve it; some import without an ending."""
    path = FOLDER / route.request.url.partition("/clients/")[2]
    file = path if path.suffix == ".js" else path.with_suffix(".js")
    route.fulfill(status=200, content_type="text/javascript", body=file.read_text(encoding="utf-8"))


def told(page: Page, script: str) -> list[str | None]:
    """Run a client in a page; what the answers to its posts name as left out."""
    answers: list[Any] = []
    page.on(
        "response",
        listen := lambda answer: answers.append(answer) if answer.url.endswith("/api/event") else None,
    )
    assert page.evaluate(script) == "done"
    page.remove_listener("response", listen)
    assert [answer.status for answer in answers] == [202, 202]
    return [answer.header_value("x-troth-dropped") for answer in answers]


def test_browser_clients_made_for_plausible_are_counted_right_and_name_nobody(
    demo: Demo, opens: Opens
) -> None:
    page = opens(user_agent=FIREFOX).new_page()
    page.route("**/clients/**", given)
    page.goto(f"{demo.url}/contact/")
    page.wait_for_load_state("networkidle")
    assert told(page, PLAUSIBLE) == [None, "$,p"]
    assert told(page, OLDER) == ["w", "w"]
    new, old = events(demo, "/plausible/new/"), events(demo, "/plausible/old/")
    assert [(what, done) for what, _, _, done, *_ in new] == [(1, ""), (8, "Sign up")]
    assert [(what, target) for what, _, target, *_ in old] == [(1, ""), (3, "localhost/a.pdf")]
    assert len({bytes(hit[7]) for hit in new + old}) == 1, "one browser, one alias"
    assert "alice" not in repr(new + old)


def test_the_node_client_made_for_umami_is_counted_right_and_names_nobody(demo: Demo) -> None:
    trusting = environment(
        NODE_EXTRA_CA_CERTS=str(demo.home / "tls" / "authority.pem"), NODE_PATH=str(FOLDER)
    )
    command = ["node", "-e", UMAMI, demo.url, str(website_of("localhost")), FIREFOX]
    done = subprocess.run(command, env=trusting, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-1000:]
    lines = [line.split(" ", 2) for line in done.stdout.splitlines()]
    assert [(status, dropped) for status, dropped, _ in lines] == [
        ("200", "id,ip,title"), ("200", "data"), ("200", "data"), ("200", "null"),
    ]  # fmt: skip
    assert {json.loads(answer)["sessionId"] for *_, answer in lines} == {"-"}
    found = events(demo, "/umami/")
    assert [(what, path) for what, path, *_ in found] == [(1, "/umami/"), (1, "/umami/program/")]
    begun = [hit for hit in events(demo, "/") if hit[3] == "node begun"]
    assert len(begun) == 1 and [hit[4] for hit in found] == ["Firefox 140", ""]
    assert "alice" not in repr(found + begun) and all(hit[7] is None for hit in found + begun)
