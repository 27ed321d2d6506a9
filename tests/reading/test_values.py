"""What displayed words mean, and that nothing is guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.model.shown import State
from harvester.reading import values


@pytest.mark.parametrize(
    ("words", "dollars"),
    [
        ("$1,234.50", "1234.50"),
        ("1234.50", "1234.50"),
        ("(45.00)", "-45.00"),
        ("($45.00)", "-45.00"),
        ("-45.00", "-45.00"),
        ("−45.00", "-45.00"),
        ("-$45.00", "-45.00"),
        ("45.00-", "-45.00"),
        ("45.00 CR", "-45.00"),
        (".00", "0"),
        ("$0.00", "0"),
        ("$ 12.00", "12"),
        ("\u00a0$7.10\u00a0", "7.10"),
    ],
)
def test_money_is_read_in_every_form_that_portals_use(words: str, dollars: str) -> None:
    assert values.money(words).value == Decimal(dollars)


@pytest.mark.parametrize(
    "words",
    [
        "1.234,50",
        "12.5",
        "$12",
        "0",
        "1,23.00",
        "$",
        "12.345",
        "1 2",
        "45.00 DR",
        "$12 of $30",
        "1e3",
        "٣.٠٠",
    ],
)
def test_money_in_any_other_form_is_unreadable_and_kept(words: str) -> None:
    shown = values.money(words)
    assert (shown.state, shown.value, shown.words) == (State.UNREADABLE, None, words)


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("", State.NOT_SHOWN),
        (" \n\u00a0", State.NOT_SHOWN),
        ("Pending", State.NOT_SHOWN),
        ("--", State.NONE),
        ("N/A", State.NONE),
        ("None", State.NONE),
        ("$0.00", State.KNOWN),
    ],
)
def test_blank_dashes_pending_and_zero_are_different_facts(words: str, state: State) -> None:
    shown = values.money(words)
    assert (shown.state, shown.words) == (state, values.folded(words))


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_money_is_read_back_exactly(amount: Decimal) -> None:
    shown = f"(${-amount:,.2f})" if amount < 0 else f"${amount:,.2f}"
    assert values.money(shown).value == amount


@given(st.text(max_size=12))
def test_no_words_break_a_reader(words: str) -> None:
    for reader in (values.money, values.day, values.share, values.count, values.quantity, values.text):
        shown = reader(words, None)
        assert shown.words == values.folded(words)


@pytest.mark.parametrize("words", ["12/31/9999", "01/01/1900"])
def test_a_date_that_stands_for_open_ended_is_none(words: str) -> None:
    assert values.day(words).state is State.NONE


@pytest.mark.parametrize(
    ("words", "day"),
    [("11/05/2026", date(2026, 11, 5)), ("1/5/2026", date(2026, 1, 5)), ("2026-11-05", date(2026, 11, 5))],
)
def test_dates_are_read_with_four_digits_of_the_year(words: str, day: date) -> None:
    assert values.day(words).value == day


@pytest.mark.parametrize("words", ["11/05/26", "31/12/2026", "2/30/2026", "Nov 5", "05.11.2026"])
def test_other_dates_are_unreadable(words: str) -> None:
    assert values.day(words).state is State.UNREADABLE


@pytest.mark.parametrize(
    ("words", "share"), [("20%", "0.20"), ("0 %", "0"), ("12.5%", "0.125"), ("100%", "1")]
)
def test_a_percentage_is_a_fraction(words: str, share: str) -> None:
    assert values.share(words).value == Decimal(share)


@pytest.mark.parametrize("words", ["0.2", "120%", "twenty percent"])
def test_other_shares_are_unreadable(words: str) -> None:
    assert values.share(words).state is State.UNREADABLE


def test_a_word_that_is_not_in_the_table_is_unreadable_and_kept() -> None:
    shown = values.mapped("Finalised - payed", {"Finalized - paid": 1})
    assert (shown.state, shown.words) == (State.UNREADABLE, "Finalised - payed")


def test_a_table_goes_before_the_words_for_nothing() -> None:
    assert values.mapped("None", {"None": "none on file"}).value == "none on file"
