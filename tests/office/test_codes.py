from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.office.codes import Seed, SeedError

RFC = {
    "SHA1": b"12345678901234567890",
    "SHA256": b"12345678901234567890123456789012",
    "SHA512": b"1234567890123456789012345678901234567890123456789012345678901234",
}
"""RFC 6238, appendix B."""


@pytest.mark.parametrize(
    ("digest", "at", "code"),
    [
        ("SHA1", 59, "94287082"),
        ("SHA256", 59, "46119246"),
        ("SHA512", 59, "90693936"),
        ("SHA1", 1111111109, "07081804"),
        ("SHA256", 1111111109, "68084774"),
        ("SHA512", 1111111109, "25091201"),
        ("SHA1", 20000000000, "65353130"),
    ],
)
def test_t_acc_14_codes_are_those_of_rfc_6238(digest: str, at: int, code: str) -> None:
    secret = base64.b32encode(RFC[digest]).decode().rstrip("=")
    seed = Seed.parse(f"otpauth://totp/Portal:ana?secret={secret}&algorithm={digest}&digits=8&period=30")
    assert seed.code(seed.step(at)) == code


def test_t_acc_14_an_80_bit_seed_makes_codes_and_is_called_short() -> None:
    seed = Seed.parse("GEZDGNBVGY3TQOJQ")
    assert (len(seed.code(30)), seed.short) == (6, True)


@pytest.mark.parametrize("text", ["gezd gnbv gy3t qojq", "GEZD-GNBV-GY3T-QOJQ", " GEZDGNBVGY3TQOJQ\n"])
def test_t_acc_14_spaces_and_lower_case_do_not_matter(text: str) -> None:
    assert Seed.parse(text) == Seed.parse("GEZDGNBVGY3TQOJQ")


def test_t_acc_14_a_period_of_a_minute_is_kept() -> None:
    seed = Seed.parse("otpauth://totp/?secret=GEZDGNBVGY3TQOJQ&period=60")
    assert (seed.period, seed.step(119.9)) == (60, 60)


@pytest.mark.parametrize(
    ("more", "at", "code"),
    [
        ("", 1111111109, "343526"),
        ("&algorithm=sha256&digits=8&period=60", 1111111109, "99404312"),
        ("&ALGORITHM=SHA512&Digits=7", 1111111109, "4659099"),
    ],
)
def test_t_acc_14_the_codes_of_a_short_seed_are_those_of_rfc_6238(more: str, at: int, code: str) -> None:
    seed = Seed.parse(f"OTPAUTH://TOTP/Portal:ana?secret=GEZDGNBVGY3TQOJQ{more}")
    assert seed.code(seed.step(at)) == code


def test_t_acc_14_a_long_seed_whose_codes_live_a_minute_makes_them_by_the_minute() -> None:
    seed = Seed(RFC["SHA1"], period=60)
    assert seed.code(seed.step(1111111109)) == "360094"


def test_t_acc_14_a_seed_of_112_bits_is_not_short() -> None:
    assert [Seed(bytes(count)).short for count in (13, 14)] == [True, False]


@pytest.mark.parametrize("padding", ["", "=", "======"])
def test_t_acc_14_padding_does_not_matter(padding: str) -> None:
    assert Seed.parse(f"GEZDGNBVGY3TQOJQGE{padding}").secret == b"12345678901"


def test_t_acc_14_every_letter_of_a_seed_counts() -> None:
    assert Seed.parse("GEZDGNBVGY3TQOJX").secret == base64.b32decode("GEZDGNBVGY3TQOJX")


def test_t_acc_14_what_an_address_does_not_say_is_six_digits_of_sha_1_every_30_seconds() -> None:
    seed = Seed.parse("otpauth://totp/?secret=GEZDGNBVGY3TQOJQ")
    assert (seed.digest, seed.digits, seed.period) == ("SHA1", 6, 30)


@pytest.mark.parametrize(("digits", "period"), [(6, 15), (7, 30), (8, 120)])
def test_t_acc_14_six_to_eight_digits_and_15_to_120_seconds_are_fine(digits: int, period: int) -> None:
    seed = Seed.parse(f"otpauth://totp/?secret=GEZDGNBVGY3TQOJQ&digits={digits}&period={period}")
    assert (seed.digits, seed.period) == (digits, period)


EMPTY = "the authenticator's seed is empty"
SHORT = "the authenticator's seed is shorter than 80 bits; copy the whole of it"
NOT_BASE32 = "the authenticator's seed is not base32: letters A to Z and digits 2 to 7"
NOT_TIMED = "the address is not one of a time-based authenticator (otpauth://totp/…)"
NO_NUMBERS = "digits and period of an otpauth address are numbers"
OUT_OF_RANGE = "an authenticator's codes have 6 to 8 digits and live 15 to 120 seconds"
NO_DIGEST = "the otpauth address wants an algorithm other than SHA1, SHA256 or SHA512"
TWICE = "the otpauth address says something twice"
ADDRESS = "otpauth://totp/?secret=GEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", EMPTY),
        ("   ", EMPTY),
        ("GEZDGNBVGY3TQOJ", SHORT),
        ("GEZDGNBV", SHORT),
        ("GEZDGNBVGY3TQOJ1", NOT_BASE32),
        ("gezdgnbvgy3tqoj!", NOT_BASE32),
        ("otpauth://totp/?secret=", EMPTY),
        ("otpauth://totp/", EMPTY),
        ("otpauth://hotp/?secret=GEZDGNBVGY3TQOJQ", NOT_TIMED),
        (f"{ADDRESS}&digits=5", OUT_OF_RANGE),
        (f"{ADDRESS}&digits=9", OUT_OF_RANGE),
        (f"{ADDRESS}&digits=six", NO_NUMBERS),
        (f"{ADDRESS}&digits=", NO_NUMBERS),
        (f"{ADDRESS}&period=", NO_NUMBERS),
        (f"{ADDRESS}&period=0", OUT_OF_RANGE),
        (f"{ADDRESS}&period=14", OUT_OF_RANGE),
        (f"{ADDRESS}&period=121", OUT_OF_RANGE),
        (
            f"{ADDRESS}&algorithm=MD5",
            "the otpauth address wants an algorithm other than SHA1, SHA256 or SHA512",
        ),
        (f"{ADDRESS}&secret=GEZDGNBVGY3TQOJQ", TWICE),
        (f"{ADDRESS}&SECRET=GEZDGNBVGY3TQOJQ", TWICE),
    ],
)
def test_t_acc_14_a_seed_that_makes_no_codes_is_refused_without_naming_it(text: str, said: str) -> None:
    with pytest.raises(SeedError) as caught:
        Seed.parse(text)
    assert str(caught.value) == said


@given(
    secret=st.binary(min_size=10, max_size=64),
    digest=st.sampled_from(sorted(RFC)),
    digits=st.sampled_from([6, 7, 8]),
    period=st.sampled_from([30, 60]),
)
def test_a_seeds_address_reads_back_as_the_seed(secret: bytes, digest: str, digits: int, period: int) -> None:
    seed = Seed(secret, digest, digits, period)
    assert Seed.parse(seed.address) == seed
