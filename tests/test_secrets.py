"""Sealed columns: what opens them, what does not, and what may be shown instead."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from models.secrets import (
    Secrets,
    compute_check_digits,
    is_valid_snils,
    mask_document,
    mask_snils,
)

KEY = bytes(range(32))
PLACE = ("student_identities", "snils_encrypted", 17, 42)

vault = Secrets(KEY)


@given(st.text())
def test_what_was_sealed_opens_in_its_place(plain: str) -> None:
    assert vault.open(vault.seal(plain, *PLACE), *PLACE) == plain


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param(("student_identities", "snils_encrypted", 17, 43), id="another student"),
        pytest.param(("student_identities", "snils_encrypted", 18, 42), id="another school"),
        pytest.param(("student_identities", "document_encrypted", 17, 42), id="another column"),
        pytest.param(("staff_identities", "snils_encrypted", 17, 42), id="another table"),
        pytest.param(("student_identities", "snils_encrypted", 1, 742), id="shifted digits"),
        pytest.param((), id="no place at all"),
    ],
)
def test_a_ciphertext_moved_elsewhere_does_not_open(elsewhere: tuple[object, ...]) -> None:
    sealed = vault.seal("112-233-445 95", *PLACE)
    with pytest.raises(InvalidTag):
        vault.open(sealed, *elsewhere)


def test_another_key_opens_nothing() -> None:
    sealed = vault.seal("112-233-445 95", *PLACE)
    with pytest.raises(InvalidTag):
        Secrets(KEY[::-1]).open(sealed, *PLACE)


@given(st.integers(min_value=1, max_value=200), st.integers(min_value=1, max_value=255))
def test_one_changed_byte_is_noticed(place: int, change: int) -> None:
    sealed = bytearray(vault.seal("112-233-445 95", *PLACE))
    sealed[1 + place % (len(sealed) - 1)] ^= change
    with pytest.raises(InvalidTag):
        vault.open(bytes(sealed), *PLACE)


def test_the_same_value_is_never_sealed_alike_twice() -> None:
    assert vault.seal("same", *PLACE) != vault.seal("same", *PLACE)


def test_a_sealed_value_shows_nothing_of_the_plain_one() -> None:
    assert "улица".encode() not in vault.seal("улица Школьная, 5", *PLACE)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Secrets(b"short")


def test_an_index_finds_a_number_however_it_was_written() -> None:
    assert vault.index("112-233-445 95") == vault.index("11223344595")
    assert vault.index("II-ТО 123456") == vault.index("ii-то123456")


def test_an_index_tells_numbers_and_keys_apart() -> None:
    assert vault.index("112-233-445 95") != vault.index("112-233-445 96")
    assert vault.index("112-233-445 95") != Secrets(KEY[::-1]).index("112-233-445 95")


@pytest.mark.parametrize("written", ["112-233-445 95", "11223344595", "112 233 445 95"])
def test_an_insurance_number_shows_its_last_four_digits(written: str) -> None:
    assert mask_snils(written) == "***-***-*45 95"


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("46 00 918762", "** ** ***762"),
        ("4600 918762", "**** ***762"),
        ("II-ТО 123456", "**-** ***456"),
        ("12", "**"),
        ("A-123", "*-***"),
    ],
)
def test_a_document_shows_its_last_three_characters(number: str, masked: str) -> None:
    assert mask_document(number) == masked


@pytest.mark.parametrize(
    "number",
    ["112-233-445 95", "11223344595", "112 233 445 95", "087-654-303 00", "001-001-998 17"],
)
def test_right_check_digits_are_accepted(number: str) -> None:
    assert is_valid_snils(number)


@pytest.mark.parametrize(
    "number",
    ["112-233-445 96", "112-233-445", "112-233-445 955", "abc", "", "000-000-000 00",
     "١١٢-٢٣٣-٤٤٥ ٩٥"],
)  # fmt: skip
def test_wrong_check_digits_and_other_texts_are_refused(number: str) -> None:
    assert not is_valid_snils(number)


@given(st.integers(min_value=1_001_999, max_value=999_999_999))
def test_every_number_has_exactly_one_pair_of_check_digits(number: int) -> None:
    right = [pair for pair in range(100) if is_valid_snils(f"{number:09d}{pair:02d}")]
    assert right == [compute_check_digits(f"{number:09d}")]
