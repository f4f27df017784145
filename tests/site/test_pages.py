"""What holds for every page of the site: readable by everybody, at home on any screen, strict towards the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page, Response

from tests.site.areas import NO_PAGES, PAGES, fill_the_house
from tests.site.conftest import Opens
from tests.site.demo import ROOT, Demo
from tests.site.pages import Cast, Shown

POLICY = {
    "default-src": "'none'", "script-src": "'self'", "connect-src": "'self'", "style-src": "'self'", "img-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'", "frame-ancestors": "'none'",
}  # fmt: skip
INLINE = re.compile(
    r"""<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=["']|javascript:|src=["']data:""", re.IGNORECASE
)
WIDE, NARROW = (1440, 900), (360, 740)
# Where nobody comes who is not signed in, on any host.
SIGNED_IN = re.compile(
    r"^(https://workspace\.[^/]*/.+|/(office|account)/(?!privacy/erased).*|/accounts/(2fa/(?!authenticate)|password/change|reauthenticate).*)"
)
AXE = Axe()
# What the light or the width of the screen can change; everything else axe asks is asked once.  The stylesheet sets no
# colour by width, so two looks see both lights and both widths; `--every-look` asks each of the four for everything.
OF_LIGHT_AND_SIZE = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
# The parts of a page that can look different: each element within its parent, by names and classes.
PARTS = """() => [...new Set([...document.querySelectorAll('body *')].map(
    one => [one.parentElement, one].map(each => `${each.tagName}.${each.className}`).join(' ')))]"""
SEEN: set[str] = set()


@pytest.fixture(scope="module")
def cast(demo: Demo, opens: Opens) -> Cast:
    everybody = Cast(demo, opens)
    fill_the_house(everybody)
    return everybody


def opened(cast: Cast, shown: Shown) -> tuple[Page, Response]:
    page = cast.screen(shown.who)
    path = shown.path.format(port=cast.demo.port, **cast.at)
    answer = cast.go(page, path)
    assert page.url.endswith(path), f"led to {page.url}"
    return page, shown.then(page) if shown.then else answer


def strictness(cast: Cast, answer: Response) -> list[str]:
    """What the answer lets the browser do that it should not."""
    headers, text = answer.all_headers(), answer.text()
    policy = dict(
        each.strip().split(" ", 1) for each in headers.get("content-security-policy", "x x").split(";")
    )
    if "/look/" in text:  # a picture out of a file, from the host on which it can do nothing
        policy["img-src"] = policy["img-src"].removesuffix(f" {cast.demo.url.replace('//', '//workspace.')}")
    if "/orders/" in answer.url:  # from here one goes to the processor's own page
        policy["form-action"] = re.sub(r" https://pay\.localhost:\d+$", "", policy["form-action"])
    if "/account/community/" in answer.url:  # from here one goes on to the community
        policy["form-action"] = re.sub(r" https://community\.localhost:\d+$", "", policy["form-action"])
    faults = [] if policy == POLICY else [f"content policy {policy}"]
    faults += [f"in the page: {match.group()}" for match in INLINE.finditer(text)]
    if headers.get("x-content-type-options") != "nosniff":
        faults.append("sniffable")
    foot = text[text.find("<footer") :]
    return (
        faults
        if f'href="{cast.demo.url}/privacy/"' in foot
        else [*faults, "the foot does not link the statement"]
    )


def asked(page: Page, rules: list[str]) -> list[dict[str, Any]]:
    """What axe finds in the page as it stands now; every rule when none is named."""
    only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
    # Before its rules axe fetches style sheets for a rule that is not among them, and media for one that is.
    options = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}, **only}
    found: list[dict[str, Any]] = page.evaluate(
        "options => axe.run(document, options).then(found => found.violations)", options
    )
    return found


def looks(
    page: Page, size: tuple[int, int], scheme: Literal["light", "dark"], rules: list[str] | None
) -> list[str]:
    """What axe finds at this size and scheme (None: it is not asked), and whether one has to scroll sideways."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    faults = [f"{wide} px wide on a screen of {room}"] if wide > room else []
    faults += [
        f"{each['id']} ({each['impact']}): {node['target']} {node['html'][:120]} {node.get('failureSummary', '')[:200]}"
        for each in (asked(page, rules) if rules is not None else [])
        for node in each["nodes"][:3]
    ]
    return [f"{size[0]} px, {scheme}: {fault}" for fault in faults]


@pytest.mark.long
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_a_page_is_strict_and_readable_in_any_light_on_any_screen(
    cast: Cast, shown: Shown, every_look: bool
) -> None:
    complaints: list[str] = []
    page = cast.screen(shown.who)
    page.on("console", listen := lambda said: complaints.append(f"{said.type}: {said.text}"))
    page, answer = opened(cast, shown)
    page.remove_listener("console", listen)
    assert answer.status == shown.status
    # A browser notes every answer above 399 in its console; the pages asked for are meant to have them.
    faults = [
        each
        for each in complaints
        if each.startswith(("error", "warning")) and "the server responded with a status" not in each
    ]
    faults += strictness(cast, answer)
    if answer.status == 200 and SIGNED_IN.match(shown.path) and not page.get_by_text("Sign out").count():
        faults.append("nobody can sign out here")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.evaluate(AXE.axe_script)
    faults += looks(page, WIDE, "light", [])
    if every_look:
        faults += looks(page, WIDE, "dark", []) + looks(page, NARROW, "light", [])
    # What every part of a page was asked in the dark on another page is not asked again: its colours are the sheet's.
    new = set(page.evaluate(PARTS)) - SEEN
    faults += looks(page, NARROW, "dark", [] if every_look else OF_LIGHT_AND_SIZE if new else None)
    SEEN.update(new)
    assert not faults, "\n".join(faults)


def test_no_colour_depends_on_the_width_of_the_screen() -> None:
    sheet = (ROOT / "src" / "troth" / "web" / "static" / "troth" / "troth.css").read_text(encoding="utf-8")
    blocks = re.findall(r"@media [^{]*width[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}", sheet)
    assert len(blocks) == len(re.findall(r"@media [^{]*width", sheet)) > 10
    assert not [block for block in blocks if re.search(r"color|background|fill|stroke|opacity", block)]


def names(resolver: URLResolver) -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield str(each.name)
        else:
            yield from names(each)


def test_every_address_of_every_host_is_among_the_pages() -> None:
    hosts = ("troth.config.urls", "troth.config.urls_community", "troth.config.urls_workspace")
    listed = {shown.name for shown in PAGES} | set(NO_PAGES)
    assert {name for host in hosts for name in names(get_resolver(host))} - listed == set()


@pytest.mark.long
def test_every_cookie_stays_on_this_host_and_out_of_reach_of_scripts(cast: Cast) -> None:
    seen = {}
    for who in ("visitor", "sales", "owner"):
        for cookie in cast.screen(who).context.cookies():
            seen[cookie["name"]] = (cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"])
            assert cookie["name"].startswith("__Host-") and not cookie["domain"].startswith(".")
    assert seen.keys() == {"__Host-session", "__Host-device", "__Host-csrf"}
    assert set(seen.values()) == {(True, True, "Lax", "/")}


@pytest.mark.long
def test_an_answer_sets_no_cookie_beside_those_three(cast: Cast) -> None:
    sales = cast.demo.browser().become("sales")
    first = re.findall(r"/office/enquiries/[0-9a-f-]{36}/", sales.get("/office/enquiries/").text)[0]
    assert sales.fill_in(first, {"message": "Noted."}, to=first + "answer/").status == 302
    assert sales.cookies.keys() == {"__Host-session", "__Host-device", "__Host-csrf"}
