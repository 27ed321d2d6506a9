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
    "text",
    [
        "",
        "   ",
        "GEZDGNBVGY3TQOJ",
        "GEZDGNBV",
        "GEZDGNBVGY3TQOJ1",
        "gezdgnbvgy3tqoj!",
        "otpauth://totp/?secret=",
        "otpauth://totp/",
        "otpauth://hotp/?secret=GEZDGNBVGY3TQOJQ",
        "otpauth://totp/?secret=GEZDGNBVGY3TQOJQ&digits=5",
        "otpauth://totp/?secret=GEZDGNBVGY3TQOJQ&digits=six",
        "otpauth://totp/?secret=GEZDGNBVGY3TQOJQ&period=0",
        "otpauth://totp/?secret=GEZDGNBVGY3TQOJQ&algorithm=MD5",
        "otpauth://totp/?secret=GEZDGNBVGY3TQOJQ&secret=GEZDGNBVGY3TQOJQ",
    ],
)
def test_t_acc_14_a_seed_that_makes_no_codes_is_refused_without_naming_it(text: str) -> None:
    with pytest.raises(SeedError) as caught:
        Seed.parse(text)
    assert "GEZD" not in str(caught.value).upper()


@given(
    secret=st.binary(min_size=10, max_size=64),
    digest=st.sampled_from(sorted(RFC)),
    digits=st.sampled_from([6, 7, 8]),
    period=st.sampled_from([30, 60]),
)
def test_a_seeds_address_reads_back_as_the_seed(secret: bytes, digest: str, digits: int, period: int) -> None:
    seed = Seed(secret, digest, digits, period)
    assert Seed.parse(seed.address) == seed
