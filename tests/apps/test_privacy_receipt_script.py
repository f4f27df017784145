"""The receipt's script: the browser recomputes what the checker recomputes, and sees every changed byte."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.house.tree import ROOT

SCRIPT = ROOT / "src" / "troth" / "web" / "static" / "troth" / "receipt.js"
VECTORS = json.loads((ROOT / "spec" / "vectors" / "ledger-receipt.json").read_text())
RECEIPT, HEAD, VKEY = VECTORS["receipt"], VECTORS["head"], VECTORS["vkey"]
PAGE = (
    '<div role="status"><p data-receipt="/receipt" data-vkey="/vkey" data-heads="/head/"></p></div>'
    '<script src="/receipt.js" defer></script>'
)
Says = Callable[..., str]


@pytest.fixture
def says(page: Page) -> Says:
    """What the page says of a receipt, a key and a published head."""

    def opened(receipt: str = RECEIPT, vkey: str = VKEY + "\n", head: str = HEAD, script: str = "") -> str:
        answers = {"/": PAGE, "/receipt": receipt, "/vkey": vkey, "/receipt.js": script + SCRIPT.read_text()}
        kinds = {"/": "text/html; charset=utf-8", "/receipt.js": "text/javascript; charset=utf-8"}

        def serve(route: Route) -> None:
            path = re.sub(r"^https://[^/]+", "", route.request.url)
            body = head if path.startswith("/head/") else answers[path]
            route.fulfill(body=body, content_type=kinds.get(path, "text/plain; charset=utf-8"))

        page.unroute_all()
        page.route("**/*", serve)
        page.goto("https://localhost/")
        said = page.get_by_role("status").locator("p.notice:not(:has-text('is checking'))")
        return said.inner_text()

    return opened


def spelled(receipt: dict) -> str:  # type: ignore[type-arg]
    return json.dumps(receipt, indent=1, sort_keys=True, ensure_ascii=False)


def test_the_receipt_of_the_vectors_is_valid_in_words(says: Says) -> None:
    said = says()
    assert said.startswith("Valid:") and "place 1 of 3" in said and "signed" in said
    assert says(RECEIPT + "\n").startswith("Valid:")


def test_every_receipt_the_checker_refuses_is_invalid(says: Says) -> None:
    for bad in VECTORS["bad_receipts"]:
        assert says(bad).startswith("Invalid:"), bad


def test_one_changed_byte_anywhere_is_said_to_be_invalid(says: Says) -> None:
    for at in range(0, len(RECEIPT), 23):
        sign = "b" if RECEIPT[at] != "b" else "c"
        changed = RECEIPT[:at] + sign + RECEIPT[at + 1 :]
        assert says(changed).startswith("Invalid:"), f"byte {at}: {RECEIPT[at]!r}"


def test_a_place_that_does_not_fit_its_path_is_invalid(says: Says) -> None:
    for part in ("share", "log"):
        for name, value in (
            ("index", 0),
            ("index", 2**60),
            ("size", 9),
            ("path", []),
            ("path", "x"),
            ("index", "1"),
        ):
            receipt = json.loads(RECEIPT)
            receipt[part][name] = value
            assert says(spelled(receipt)).startswith("Invalid:"), (part, name, value)


def test_another_key_or_a_wrong_signature_is_invalid(says: Says) -> None:
    assert says(vkey=VKEY[:-4] + "AAA4").startswith("Invalid:")
    receipt = json.loads(RECEIPT)
    text, _, signature = receipt["log"]["checkpoint"].rpartition(" ")
    forged = bytearray(base64.b64decode(signature))
    forged[20] ^= 1
    receipt["log"]["checkpoint"] = f"{text} {base64.b64encode(forged).decode()}\n"
    assert "signature under its head is wrong" in says(spelled(receipt))


def test_a_head_that_others_are_not_shown_is_invalid(says: Says) -> None:
    assert "publish for everybody" in says(head=HEAD.replace("ps5t", "ps5u"))


def test_an_entry_that_waits_for_the_log_is_not_called_valid(says: Says) -> None:
    receipt = {**json.loads(RECEIPT), "log": None}
    assert says(spelled(receipt)).startswith("The log has not taken this entry in yet")


def test_a_browser_without_ed25519_says_what_it_did_not_check(says: Says) -> None:
    without = "crypto.subtle.importKey = () => Promise.reject(new Error());\n"
    said = says(script=without)
    assert said.startswith("Valid:") and "cannot check the signature" in said


def test_the_script_stays_small() -> None:
    assert len(Path(SCRIPT).read_text().splitlines()) <= 150
