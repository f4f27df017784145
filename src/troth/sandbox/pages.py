"""The pages of the sandbox: plain HTML, no script, nothing from elsewhere."""

from html import escape

from .book import CARDS, Asking, Method

STYLE = """
:root{color-scheme:light dark;--ground:#f4f7fb;--ink:#14202e;--soft:#4b5b6d;--line:#7c8b9c;
--go:#0b5cad;
--on:#fff}
@media(prefers-color-scheme:dark){:root{--ground:#10161d;--ink:#e8eef5;--soft:#a9b7c6;--line:#6f7f90;--go:#8cc4ff;
--on:#0b1520}}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:30rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.4rem}p,li{color:var(--soft)}b{color:var(--ink)}
label{display:block;font-weight:600;margin-top:1rem}
input{width:100%;box-sizing:border-box;font:inherit;padding:.6rem;border:1px solid var(--line);border-radius:.3rem;
background:transparent;color:inherit}
button{font:inherit;font-weight:600;margin-top:1rem;padding:.6rem 1.2rem;border:2px solid var(--go);border-radius:.3rem;
background:var(--go);color:var(--on)}
button.quiet{background:transparent;color:var(--go)}
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{text-align:left;padding:.25rem .5rem .25rem 0}
td:first-child{white-space:nowrap}
.wrong{border-left:.3rem solid #b3261e;padding-left:.75rem;color:var(--ink)}
:focus-visible{outline:3px solid var(--go);outline-offset:2px}
"""
WRONG = {
    "not-a-test-card": "This is none of the test cards below. Never type a real card here.",
    "abandoned": "You went back without confirming.",
}


def page(title: str, inside: str) -> bytes:
    """A whole page."""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f'<link rel="stylesheet" href="/style.css"></head><body><main><p><b>Sandbox Payments</b> '
        f"(a test: no money moves)</p><h1>{escape(title)}</h1>{inside}</main></body></html>"
    ).encode()


def asking_page(asking: Asking, method: Method | None, wrong: str = "") -> bytes:
    """Where somebody types a card, or approves a charge."""
    fault = f'<p class="wrong" role="alert">{escape(WRONG.get(wrong, wrong))}</p>' if wrong else ""
    if asking.kind == "charge" and method is not None:
        with_what = f"{method.brand} •••• {method.last4}" if method.last4 else method.brand
        return page(
            f"Pay {amount(asking)}",
            f"{fault}<p>With <b>{escape(with_what)}</b>{_for(asking)}.</p>"
            f"{_form(asking, 'approve', f'Pay {amount(asking)}')}{_back(asking)}",
        )
    title = "Verify how you pay" if asking.kind == "verify" else f"Pay {amount(asking)}"
    said = "<p>Nothing is charged now.</p>" if asking.kind == "verify" else ""
    return page(
        title,
        f"{fault}{said}<form method='post' action='/pay/{asking.id}/card' autocomplete='off'>"
        "<label for='number'>Card number</label><input id='number' name='number' inputmode='numeric' required>"
        f"<button>Use this card</button></form>{_form(asking, 'approve', 'Approve with PayPal instead', 'quiet')}"
        f"{_back(asking)}<h2>Test cards</h2><table>{_cards()}</table>",
    )


def confirm_page(asking: Asking) -> bytes:
    """The card's bank asks once more (3-D Secure)."""
    return page(
        "Your bank asks: is this you?",
        f"<p>Card •••• {escape(asking.last4)}</p>{_form(asking, 'approve', 'Yes, confirm')}"
        f"{_form(asking, 'refuse', 'No', 'quiet')}",
    )


def amount(asking: Asking) -> str:
    """An amount with its currency."""
    return f"{asking.amount / 100:,.2f} {asking.currency}"


def _for(asking: Asking) -> str:
    return f", for {escape(asking.name)}" if asking.name else ""


def _form(asking: Asking, act: str, words: str, kind: str = "") -> str:
    button = f"<button class='{kind}'>{escape(words)}</button>"
    return f"<form method='post' action='/pay/{asking.id}/{act}'>{button}</form>"


def _back(asking: Asking) -> str:
    return _form(asking, "refuse", "Back without paying", "quiet")


def _cards() -> str:
    rows = "".join(
        f"<tr><td>{' '.join(number[at : at + 4] for at in range(0, len(number), 4))}</td><td>{brand}</td>"
        f"<td>{fate or 'works'}</td></tr>"
        for number, (brand, fate) in CARDS.items()
    )
    return f"<tr><th>Number</th><th>Brand</th><th>What happens</th></tr>{rows}"
