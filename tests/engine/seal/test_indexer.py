"""Many indexes at once are the same as one by one; short ways to a normal form lead where the long ones do."""

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from troth.engine.seal import (
    TEXT,
    blind_index,
    blind_indexer,
    normalise_email,
    normalise_phone,
    normalise_text,
)


@given(st.binary(min_size=32, max_size=32), st.lists(st.text()))
def test_an_indexer_gives_what_one_index_gives(key: bytes, values: list[str]) -> None:
    index = blind_indexer(key, "a.label", TEXT)
    assert [index(value) for value in values] == [
        blind_index(key, "a.label", value, TEXT) for value in values
    ]


@given(st.from_regex(r"\+1[2-9][0-9]{9}", fullmatch=True))
def test_a_north_american_number_is_its_own_normal_form(number: str) -> None:
    parsed = phonenumbers.parse(number, "US")
    assert phonenumbers.is_possible_number(parsed)
    assert (
        phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        == number
        == normalise_phone(number)
    )


@given(st.from_regex(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){0,3}", fullmatch=True))
def test_a_plain_domain_is_its_own_ascii_form(domain: str) -> None:
    assert domain.encode("idna").decode().lower() == domain
    if len(domain) < 200:
        assert normalise_email(f"a@{domain}") == f"a@{domain}"


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_what_is_ascii_is_folded_by_lower_case(text: str) -> None:
    assert normalise_text(text) == " ".join(text.casefold().split())
