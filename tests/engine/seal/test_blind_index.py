"""Normalisers and blind indexes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.engine.seal import (
    EMAIL,
    MAILBOX,
    TEXT,
    Normaliser,
    NotNormal,
    blind_index,
    normalise_email,
    normalise_mailbox,
    normalise_phone,
    normalise_text,
    phone_normaliser,
)

KEY = b"k" * 32


def test_alice_is_found_however_her_address_is_written() -> None:
    stored = blind_index(KEY, "contact.email", "alice@example.org", EMAIL)
    assert stored == blind_index(KEY, "contact.email", " Alice@EXAMPLE.org", EMAIL)
    assert len(stored) == 32


def test_dots_and_plus_make_another_person() -> None:
    spellings = ["alice@example.org", "a.lice@example.org", "alice+1@example.org", "alice@example.com"]
    assert len({blind_index(KEY, "contact.email", spelling, EMAIL) for spelling in spellings}) == 4


def test_key_label_and_normaliser_each_change_the_index() -> None:
    newer = Normaliser("text/2", normalise_text)
    made = {
        blind_index(KEY, "company", "acme", TEXT),
        blind_index(b"j" * 32, "company", "acme", TEXT),
        blind_index(KEY, "name", "acme", TEXT),
        blind_index(KEY, "company", "acme", newer),
    }
    assert len(made) == 4


@pytest.mark.parametrize(
    "address",
    [
        "",
        "alice",
        "@example.org",
        "alice@",
        "alice@@example..org",
        "a b@example.org",
        "alice@exa mple.org",
        "alice@example.org\r\nBcc: victor@example.org",
        "alice@" + "x" * 64 + ".org",
        "a" * 250 + "@example.org",
        "alice@.",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(NotNormal) as caught:
        normalise_email(address)
    assert caught.value.__context__ is None
    assert "alice" not in str(caught.value)


@pytest.mark.parametrize(
    ("number", "region"), [("", "US"), ("call me", "US"), ("12", "US"), ("202 555 0143", None)]
)
def test_what_is_no_number_is_refused(number: str, region: str | None) -> None:
    with pytest.raises(NotNormal, match="not a telephone number"):
        normalise_phone(number, region)


def test_a_number_is_one_number_wherever_it_is_typed() -> None:
    home, abroad = phone_normaliser("US"), phone_normaliser("DE")
    assert blind_index(KEY, "phone", "(202) 555-0143", home) == blind_index(
        KEY, "phone", "+1 202 555 0143", abroad
    )


@given(st.text())
def test_normal_text_is_normal(text: str) -> None:
    assert normalise_text(normalise_text(text)) == normalise_text(text)
    assert normalise_text(f"  {text}\t") == normalise_text(text)


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_a_normal_address_is_normal(local: str, domain: str) -> None:
    try:
        address = normalise_email(f"{local}@{domain}")
    except NotNormal:
        return
    assert normalise_email(address) == address
    assert address.count("@") >= 1
    assert address.isprintable()


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Alice+News@Example.ORG", "alice@example.org"),
        ("alice+a+b@example.org.", "alice@example.org"),
        ('"alice+news"@example.org', "alice@example.org"),
        ('"al\\ice"@example.org', "alice@example.org"),
        ("+alice@example.org", "+alice@example.org"),
        ("a.lice@example.org", "a.lice@example.org"),
        ("alice@BÜCHER.example", "alice@xn--bcher-kva.example"),
    ],
)
def test_a_mailbox_is_one_whatever_is_written_beside_it(address: str, mailbox: str) -> None:
    assert normalise_mailbox(address) == normalise_mailbox(mailbox) == mailbox
    assert blind_index(KEY, "s", address, MAILBOX) == blind_index(KEY, "s", mailbox, MAILBOX)
    assert blind_index(KEY, "s", mailbox, MAILBOX) != blind_index(KEY, "s", mailbox, EMAIL)


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_no_tag_makes_another_mailbox(local: str, tag: str) -> None:
    try:
        mailbox = normalise_mailbox(f"{local}@example.org")
        tagged = normalise_mailbox(f"{local}+{tag}@example.org")
    except NotNormal:
        return
    assert tagged == mailbox or local.startswith('"')
    assert normalise_mailbox(mailbox) == mailbox or mailbox.startswith('"')
