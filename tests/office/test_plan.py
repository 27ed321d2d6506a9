from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.model.codes import ClaimStatus
from harvester.office.plan import FINAL, Due, Followed, Hand, Urgency, assign, due, why_not
from tests.office.portal import TODAY

DAY = timedelta(days=1)
ANA, BEN = UUID(int=1), UUID(int=2)


def claim(**known: object) -> Followed:
    return Followed(item=1, kind="claim", portal="cascadia", **known)  # type: ignore[arg-type]


def appointment(**known: object) -> Followed:
    return Followed(item=1, kind="eligibility", portal="cascadia", **known)  # type: ignore[arg-type]


def reason(item: Followed) -> str | None:
    return next((one.reason for one in due([item], TODAY)), None)


def test_a_claim_that_was_never_looked_up_is_due() -> None:
    assert reason(claim()) == "never looked up"


@pytest.mark.parametrize("status", sorted(ClaimStatus))
def test_a_claim_that_was_looked_up_today_is_not_due(status: ClaimStatus) -> None:
    assert reason(claim(looked=TODAY, status=status, seen=1)) is None


@pytest.mark.parametrize("status", sorted(ClaimStatus))
def test_every_claim_is_looked_up_the_day_after_it_was_first_seen(status: ClaimStatus) -> None:
    assert reason(claim(looked=TODAY - DAY, status=status, seen=1)) is not None


def test_a_pended_claim_is_looked_up_daily() -> None:
    status = ClaimStatus.PENDED_PROVIDER_INFO
    assert reason(claim(looked=TODAY - DAY, status=status, seen=9)) == (
        "waits for documents or information: looked up daily"
    )


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_settled_claim_seen_twice_is_looked_up_weekly(status: ClaimStatus) -> None:
    assert reason(claim(looked=TODAY - 6 * DAY, status=status, seen=2)) is None
    assert reason(claim(looked=TODAY - 7 * DAY, status=status, seen=2)) == (
        f"{status}, unchanged: looked up weekly"
    )


def test_a_refused_page_is_looked_up_again_the_same_day() -> None:
    assert (
        reason(claim(looked=TODAY, status="paid", seen=3, refused=True)) == "the page was refused last time"
    )


@pytest.mark.parametrize(
    ("days", "words"), [(0, "appointment today"), (1, "appointment tomorrow"), (14, "appointment in 14 days")]
)
def test_an_appointment_ahead_is_due(days: int, words: str) -> None:
    assert reason(appointment(day=TODAY + days * DAY)) == words


@pytest.mark.parametrize("days", [-1, 15])
def test_an_appointment_past_or_far_away_is_not_due(days: int) -> None:
    assert reason(appointment(day=TODAY + days * DAY)) is None


def test_an_appointment_is_looked_up_once_a_day() -> None:
    assert reason(appointment(day=TODAY, looked=TODAY)) is None
    assert reason(appointment(day=TODAY, looked=TODAY - DAY)) == "appointment today"


def test_the_most_urgent_comes_first() -> None:
    items = [
        Followed(1, "claim", "cascadia", looked=TODAY - DAY, status="in_process", seen=1),
        Followed(2, "claim", "cascadia"),
        Followed(3, "eligibility", "cascadia", day=TODAY),
    ]
    assert [one.item for one in due(items, TODAY)] == [3, 2, 1]


@given(count=st.integers(0, 50), loads=st.lists(st.integers(0, 20), min_size=1, max_size=5))
def test_lookups_are_spread_evenly(count: int, loads: list[int]) -> None:
    hands = [Hand(UUID(int=n), "cascadia", str(n), waiting=load) for n, load in enumerate(loads)]
    dues = [Due(n, "cascadia", "", Urgency.NEW, "claim") for n in range(count)]
    assigned = assign(dues, hands)
    total = dict(enumerate(loads))
    for _, account in assigned.taken:
        total[account.int] += 1
    touched = [total[account.int] for _, account in assigned.taken]
    assert len(assigned.taken) == count
    assert not touched or max(touched) - min(total.values()) <= max(1, max(loads) - min(loads))


def test_an_account_with_an_objection_gets_nothing() -> None:
    hands = [Hand(ANA, "cascadia", "Ana", "on hold"), Hand(BEN, "cascadia", "Ben")]
    assigned = assign([Due(n, "cascadia", "", Urgency.NEW, "claim") for n in range(3)], hands)
    assert {account for _, account in assigned.taken} == {BEN}


def test_what_nobody_can_take_comes_back_with_the_reason() -> None:
    hands = [Hand(ANA, "cascadia", "Ana", "on hold"), Hand(BEN, "northlight", "Ben")]
    dues = [
        Due(1, "cascadia", "", Urgency.NEW, "claim"),
        Due(2, "harbor", "", Urgency.NEW, "claim"),
        Due(3, "", "", Urgency.NEW, "claim"),
    ]
    assert [why for _, why in assign(dues, hands).left] == [
        "no account at cascadia can be used (Ana: on hold)",
        "nobody has an account at harbor",
        "no installed flow knows the payer",
    ]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (claim(looked=TODAY, status="paid", seen=1), "looked up today"),
        (
            claim(looked=TODAY - DAY, status="paid_zero", seen=2),
            f"paid zero, seen twice: again on {TODAY + 6 * DAY}",
        ),
        (appointment(), "the day of the appointment is not known"),
        (appointment(day=TODAY - DAY), "the appointment is over"),
        (appointment(day=TODAY + 20 * DAY), f"the appointment is in 20 days: from {TODAY + 6 * DAY}"),
        (appointment(day=TODAY, looked=TODAY), "looked up today"),
    ],
)
def test_what_is_not_due_says_why_not(item: Followed, words: str) -> None:
    assert due([item], TODAY) == []
    assert why_not(item, TODAY) == words
