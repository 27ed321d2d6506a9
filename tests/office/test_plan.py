from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.model.codes import ClaimStatus
from harvester.model.payment import Payment, PaymentList
from harvester.model.portal import LookupKind
from harvester.model.query import OverpaymentsQuery, PaymentsQuery, RemittanceFileQuery
from harvester.model.shown import Shown
from harvester.office.plan import (
    FINAL,
    Due,
    Followed,
    Hand,
    Question,
    Standing,
    Urgency,
    assign,
    due,
    files,
    listing,
    money,
    why_not,
)
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


@pytest.mark.parametrize(("left", "due_now"), [(-1, False), (0, True), (3, True), (4, False)])
def test_shortly_before_a_deadline_a_claim_is_looked_up_daily(left: int, due_now: bool) -> None:
    item = claim(
        looked=TODAY - DAY,
        status="pended_provider_info",
        seen=9,
        since=TODAY - 9 * DAY,
        deadline=TODAY + left * DAY,
    )
    words = f"pended provider info, and somebody has to act until {TODAY + left * DAY}: looked up daily"
    assert reason(item) == (words if due_now else None)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_settled_claim_seen_twice_is_looked_up_monthly(status: ClaimStatus) -> None:
    assert reason(claim(looked=TODAY - 29 * DAY, status=status, seen=2)) is None
    assert reason(claim(looked=TODAY - 30 * DAY, status=status, seen=2)) == (
        f"{status.replace('_', ' ')}, unchanged: looked up after 30 days at the latest"
    )


@pytest.mark.parametrize(("unchanged", "longest"), [(0, 7), (13, 7), (14, 14), (34, 14), (35, 21), (300, 21)])
def test_the_longer_a_claim_is_unchanged_the_longer_it_is_left_alone(unchanged: int, longest: int) -> None:
    for days, words in ((longest - 1, None), (longest, f"unchanged: looked up after {longest} days")):
        looked = TODAY - days * DAY
        item = claim(looked=looked, status="rejected_unprocessable", seen=9, since=looked - unchanged * DAY)
        assert (words or "") in (reason(item) or "")
        assert (reason(item) is None) is (words is None)


def test_what_has_likely_changed_is_looked_up_sooner_where_more_hangs_on_it() -> None:
    known = {"status": "in_process", "seen": 3, "since": TODAY - 10 * DAY, "submitted": TODAY - 12 * DAY}
    after = {
        worth: next(
            days
            for days in range(1, 9)
            if reason(claim(looked=TODAY - days * DAY, worth=Decimal(worth), **known))
        )
        for worth in (50, 500, 5000)
    }
    assert after[5000] < after[500] < after[50] < 7
    soon = claim(looked=TODAY - 2 * DAY, status="approved_awaiting_payment", seen=3, since=TODAY - 3 * DAY)
    assert reason(soon) == "approved awaiting payment: may well have changed"


@pytest.mark.parametrize("status", sorted(ClaimStatus))
def test_a_claim_on_a_list_that_shows_it_as_before_is_left_to_the_list(status: ClaimStatus) -> None:
    listed = TODAY - 3 * DAY
    seen_once = claim(looked=TODAY - 2 * DAY, status=status, seen=1, listed=listed, worth=Decimal(9999))
    assert reason(seen_once) is None
    assert why_not(seen_once, TODAY).endswith(f"unchanged by the portal's list of {listed}")
    moved = replace(seen_once, moved=True)
    assert reason(moved) == f"{status.replace('_', ' ')}, and the portal's list shows something else"
    for as_if_there_were_none in (replace(one, listed=TODAY - 4 * DAY) for one in (seen_once, moved)):
        assert reason(as_if_there_were_none) == f"{status.replace('_', ' ')}, seen once: looked up again"
    month_ago = replace(seen_once, looked=TODAY - 30 * DAY)
    assert "at the latest" in (reason(month_ago) or "")
    refused = replace(seen_once, refused=True)
    assert reason(refused) == "the page was refused last time"


def test_a_list_is_asked_for_where_it_costs_less_than_its_claims() -> None:
    days = [(TODAY - n * DAY, TODAY - (n - 1) * DAY) for n in range(20, 30)]
    (query,) = listing("CMHP1", "007300142", days, TODAY)
    assert (query.tin, query.service_from, query.service_to) == (
        "007300142",
        TODAY - 29 * DAY,
        TODAY - 19 * DAY,
    )
    long_ago = (TODAY - 366 * DAY, TODAY)
    assert list(listing("CMHP1", "007300142", [*days[1:], long_ago], TODAY)) == []
    assert next(listing("CMHP1", "", [*days, long_ago], TODAY)).service_from == TODAY - 29 * DAY
    assert standing(query) == "never looked up"
    assert standing(query, looked=TODAY) is None
    assert standing(query, looked=TODAY - DAY) == "the list of claims: looked up daily"


def test_a_claim_is_first_looked_up_when_portals_show_it() -> None:
    assert reason(claim(submitted=TODAY - 3 * DAY)) is None
    assert why_not(claim(submitted=TODAY - 3 * DAY), TODAY) == (
        f"sent on {TODAY - 3 * DAY}: looked up on {TODAY + DAY}"
    )
    assert reason(claim(submitted=TODAY - 4 * DAY)) == "never looked up"


def test_of_two_as_urgent_the_one_worth_more_goes_first() -> None:
    items = [
        Followed(n, "claim", "cascadia", worth=Decimal(worth)) for n, worth in ((1, 10), (2, 900), (3, 50))
    ]
    assert [one.item for one in due(items, TODAY)] == [2, 3, 1]
    soon = Followed(4, "claim", "cascadia", worth=Decimal(500), deadline=TODAY + 10 * DAY)
    assert [one.item for one in due([*items, soon], TODAY)] == [4, 2, 3, 1]


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
            f"paid zero, unchanged: looked up on {TODAY + 29 * DAY}",
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


TIN = "007300142"
EVERYTHING: tuple[LookupKind, ...] = ("payments", "overpayments", "remittance_file")


def windows(day: date) -> list[tuple[date, date]]:
    asked = money("CAS01", TIN, EVERYTHING, day)
    return [(one.issued_from, one.issued_to) for one in asked if isinstance(one, PaymentsQuery)]


def standing(query: Question, **known: object) -> str | None:
    dues = due([Standing(query=query, portal="cascadia", **known)], TODAY)  # type: ignore[arg-type]
    return next((one.reason for one in dues), None)


def test_payments_are_asked_for_by_the_week_none_left_out_and_none_twice() -> None:
    assert windows(date(2026, 1, 7)) == [
        (date(2026, 1, 5), date(2026, 1, 7)),
        (date(2025, 12, 29), date(2026, 1, 4)),
        (date(2025, 12, 22), date(2025, 12, 28)),
        (date(2025, 12, 15), date(2025, 12, 21)),
        (date(2025, 12, 8), date(2025, 12, 14)),
        (date(2025, 12, 1), date(2025, 12, 7)),
    ]
    assert windows(date(2026, 11, 22))[0] == (date(2026, 11, 16), date(2026, 11, 22))


def test_nothing_is_asked_that_a_portal_does_not_offer() -> None:
    assert list(money("CAS01", TIN, ("eligibility", "claim"), TODAY)) == []


PAID = PaymentsQuery(carrier="CAS01", tin=TIN, issued_from=TODAY.replace(day=1), issued_to=TODAY)
ENDED, OVER = (
    PAID.model_copy(update={"issued_to": TODAY - n * DAY, "issued_from": TODAY - (n + 6) * DAY})
    for n in (3, 4)
)
OWED = OverpaymentsQuery(carrier="CAS01", tin=TIN)
FILE = RemittanceFileQuery(carrier="CAS01", tin=TIN, payment_number="E1", issue_date=TODAY, amount=Decimal(1))
LATE = FILE.model_copy(update={"issue_date": TODAY - timedelta(days=31)})


@pytest.mark.parametrize(
    ("query", "known", "words"),
    [
        (PAID, {}, "never looked up"),
        (PAID, {"looked": TODAY - DAY}, "payments: looked up daily"),
        (PAID, {"looked": TODAY}, None),
        (ENDED, {}, "never looked up"),
        (ENDED, {"looked": TODAY - DAY}, "payments: looked up daily"),
        (OVER, {}, "never looked up"),
        (OVER, {"looked": TODAY - 6 * DAY}, None),
        (OVER, {"looked": TODAY - 7 * DAY}, "payments of a week that is over: looked up weekly"),
        (PAID, {"looked": TODAY, "refused": True}, "the page was refused last time"),
        (OWED, {}, "never looked up"),
        (OWED, {"looked": TODAY - 6 * DAY, "status": "open"}, None),
        (OWED, {"looked": TODAY - 7 * DAY, "status": "open"}, "overpayments: looked up weekly"),
        (OWED, {"looked": TODAY - DAY, "status": "recovering"}, "money is being withheld: looked up daily"),
        (OWED, {"looked": TODAY, "status": "recovering"}, None),
        (FILE, {}, "never looked up"),
        (FILE, {"looked": TODAY - 9 * DAY, "status": "received"}, None),
        (FILE, {"looked": TODAY - DAY, "status": "not_found"}, "the file was not there yet: looked up daily"),
        (LATE, {"looked": TODAY - DAY, "status": "not_found"}, None),
        (LATE, {}, "never looked up"),
    ],
)
def test_money_is_due_by_what_is_known_of_it(
    query: Question, known: dict[str, object], words: str | None
) -> None:
    assert standing(query, **known) == words


def test_money_comes_after_appointments_and_files_after_claims() -> None:
    asked: list[Followed | Standing] = [
        Standing(FILE, "cascadia"),
        Followed(2, "claim", "cascadia"),
        Standing(PAID, "cascadia"),
        Followed(3, "authorizations", "cascadia", day=TODAY),
    ]
    kinds = [one.kind for one in due(asked, TODAY)]
    assert kinds == ["authorizations", "payments", "claim", "remittance_file"]


def test_a_payment_of_which_too_little_is_known_has_no_file_to_ask_for() -> None:
    whole = Payment(
        number=Shown.known("E1"), amount=Shown.known(Decimal("1.00")), issue_date=Shown.known(TODAY)
    )
    listed = PaymentList(payments=(whole, whole.model_copy(update={"amount": Shown()})))
    assert [one.payment_number for one in files(listed, PAID)] == ["E1"]


def test_a_lookup_goes_to_an_account_of_its_tax_id() -> None:
    hands = [Hand(ANA, "cascadia", "Ana", tin="007300142"), Hand(BEN, "cascadia", "Ben", tin="007300143")]
    dues = [Due(n, "cascadia", "", Urgency.NEW, "claim", tin="007300143") for n in range(3)]
    assert {account for _, account in assign(dues, hands).taken} == {BEN}


def test_a_lookup_of_no_tax_id_goes_to_anybody() -> None:
    hands = [Hand(ANA, "cascadia", "Ana", tin="007300142"), Hand(BEN, "cascadia", "Ben")]
    dues = [Due(n, "cascadia", "", Urgency.NEW, "claim") for n in range(2)]
    assert {account for _, account in assign(dues, hands).taken} == {ANA, BEN}


def test_where_the_flow_switches_every_account_looks_up_under_every_tax_id() -> None:
    hands = [Hand(ANA, "cascadia", "Ana", tin="007300142", switches=True)]
    dues = [Due(1, "cascadia", "", Urgency.NEW, "claim", tin="007300143")]
    assert assign(dues, hands).left == ()


@pytest.mark.parametrize(
    ("objection", "words"),
    [
        ("", "no account at cascadia looks up under the tax id 00-7300143"),
        ("on hold", "no account at cascadia can be used (Ben: on hold)"),
    ],
)
def test_a_lookup_of_a_tax_id_that_nobody_has_says_so(objection: str, words: str) -> None:
    hands = [Hand(ANA, "cascadia", "Ana", tin="007300142")]
    hands += [Hand(BEN, "cascadia", "Ben", objection, tin="007300143")] if objection else []
    dues = [Due(1, "cascadia", "", Urgency.NEW, "claim", tin="007300143")]
    assert [why for _, why in assign(dues, hands).left] == [words]
