"""Payments, demands, their files and authorizations: what is followed without a row of the worklist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from harvester.model.authorization import Authorization
from harvester.model.codes import AuthorizationStatus, OverpaymentStatus, Unit
from harvester.model.overpayment import Overpayment
from harvester.model.payment import Payment
from harvester.model.query import (
    AuthorizationsQuery,
    OverpaymentsQuery,
    PaymentsQuery,
    Query,
    RemittanceFileQuery,
)
from harvester.model.remittance import RemittanceFile
from harvester.model.shown import Shown
from harvester.model.snapshot import Answer
from harvester.office import lookups, plan, snapshots, standing, sweep, worklist
from harvester.office.keys import keys
from harvester.office.models import Attachment, Lookup, Practice, Snapshot
from harvester.office.sweep import SweepError, SweepReport
from harvester.office.vault import SealError
from harvester.visit.wire import Catalogue, Troubled
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import (
    TODAY,
    TOMORROW,
    WHOLE,
    Portal,
    appointment_item,
    authorizations,
    claim_item,
    file,
    overpayments,
    payment,
    payments,
    remittance,
    truth,
    whole_catalogue,
)

Run = Callable[..., SweepReport]
ONE, OTHER = "007300142", "007300143"
MONEY = plan.WATCHED + 1
"""How many questions about money one tax id has: payments of each week, and demands."""


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def run(portal: Portal) -> Run:
    return partial(alone.swept, stay=portal.stay, catalogue=whole_catalogue, clock=portal.time.clock)


def follow(**other: object) -> None:
    worklist.import_items([claim_item(1, **other)], source="test.csv", catalogue=whole_catalogue())


def kinds(portal: Portal) -> list[str]:
    return [query.kind for _, query in portal.queries]


def sentences(report: SweepReport) -> list[str]:
    return [change.sentence for one in report.changed for change in one.changes]


def showing(*listed: Payment) -> Callable[[Query], Answer]:
    return lambda query: payments(query, *listed) if isinstance(query, PaymentsQuery) else truth(query)


def test_a_sweep_asks_for_money_once_a_carrier_and_tax_id(either: Office, portal: Portal, run: Run) -> None:
    either.account()
    items = [claim_item(n, tin=tin) for n, tin in enumerate((ONE, ONE, OTHER))]
    worklist.import_items(items, source="test.csv", catalogue=whole_catalogue())
    run(today=TODAY)
    asked = [(query.kind, query.tin) for _, query in portal.queries if query.kind != "claim"]
    times = {"payments": plan.WATCHED, "overpayments": 1}
    money = Counter({(kind, tin): count for kind, count in times.items() for tin in (ONE, OTHER)})
    assert Counter(asked[: money.total()]) == money


def test_without_an_account_for_sweeps_no_money_is_asked_for(office: Office, run: Run) -> None:
    office.account(consent=False)
    follow()
    assert [wait.count for wait in run(today=TODAY).waiting] == [1]  # the claim


def test_a_row_without_a_tax_id_stands_for_the_practices_first(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    Practice.objects.update(tins=[ONE, OTHER])
    follow()
    run(today=TODAY)
    assert {query.tin for _, query in portal.queries if isinstance(query, OverpaymentsQuery)} == {ONE}


def test_the_file_of_a_payment_is_fetched_in_the_same_stay_and_once(
    either: Office, portal: Portal, run: Run
) -> None:
    either.account()
    follow()
    report = run(today=TODAY)
    assert kinds(portal) == [*["payments"] * plan.WATCHED, "overpayments", "claim", "remittance_file"]
    assert len(portal.sign_ins) == 1
    assert report.counts["looked_up"] == report.counts["new"] == len(kinds(portal))
    run(today=TOMORROW)
    assert kinds(portal).count("remittance_file") == 1
    assert Attachment.objects.count() == 1


def test_a_file_that_is_not_there_yet_is_asked_for_again_the_day_after(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    follow()
    missing = Troubled(lookup=None, trouble="NotOnFile", words="not yet")
    portal.answers = lambda query: missing if isinstance(query, RemittanceFileQuery) else truth(query)
    run(today=TODAY)
    run(today=TODAY)
    assert kinds(portal).count("remittance_file") == 1
    portal.answers = truth
    run(today=TOMORROW)
    assert Attachment.objects.count() == 1


def test_a_files_bytes_are_sealed_in_their_row_and_not_in_the_answer(
    office: Office, portal: Portal, run: Run
) -> None:
    content = remittance(secret="CANARY-PATIENT")
    office.account()
    follow()
    portal.answers = lambda query: (
        file(query, content) if isinstance(query, RemittanceFileQuery) else truth(query)
    )
    run(today=TODAY)
    snapshot = Snapshot.objects.get(kind="remittance_file")
    answer = snapshots.answer(snapshot)
    assert isinstance(answer, RemittanceFile)
    assert (answer.file.packed, answer.file.size, snapshot.paid) == ("", len(content), Decimal("120.50"))
    assert snapshots.content(snapshot) == content
    assert all(b"CANARY-PATIENT" not in path.read_bytes() for path in office.files)
    moved = Attachment.objects.get()
    moved.uuid = snapshot.uuid
    with pytest.raises(SealError):
        keys().open(bytes(moved.sealed_content), snapshots._content_slot(moved))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (lambda q: file(q, remittance("E2")), "file › TRN02"),
        (lambda q: file(q, remittance(amount="120.51")), "file › BPR02"),
        (lambda q: file(q, b"<html>Sign in</html>"), "type"),
        (lambda q: file(q).model_copy(update={"payment_number": Shown.known("E2")}), "payment_number"),
        (lambda q: file(q).model_copy(update={"file": file(q, b"ISA").file}), "file"),
    ],
)
def test_a_file_that_a_stay_should_have_refused_is_refused_here(
    office: Office, portal: Portal, run: Run, wrong: Callable[[Any], Answer], field: str
) -> None:
    office.account()
    follow()
    portal.answers = lambda query: wrong(query) if isinstance(query, RemittanceFileQuery) else truth(query)
    assert run(today=TODAY).counts["refused"] == 1
    assert not Attachment.objects.exists()
    assert snapshots.words(Lookup.objects.get(kind="remittance_file"))[1] == f"office: {field}"


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("payments", lambda q: payments(q).model_copy(update={"tin": Shown.known(OTHER)})),
        ("payments", lambda q: payments(q, payment(issued=q.issued_from, payee_tin=Shown.known(OTHER)))),
        ("payments", lambda q: overpayments(OverpaymentsQuery(carrier=q.carrier))),
        ("overpayments", lambda q: overpayments(q).model_copy(update={"tin": Shown.known(OTHER)})),
    ],
)
def test_money_of_another_tax_id_is_never_data(
    office: Office, portal: Portal, run: Run, kind: str, wrong: Callable[[Any], Answer]
) -> None:
    office.account()
    follow(tin=ONE)
    portal.answers = lambda query: wrong(query) if query.kind == kind else truth(query)
    assert run(today=TODAY).counts["refused"] == kinds(portal).count(kind) > 0
    assert not Snapshot.objects.filter(kind=kind).exists()


def test_authorizations_of_another_member_are_never_data(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    worklist.import_items([appointment_item(1, TODAY)], source="test.csv", catalogue=whole_catalogue())
    someone = {"member_id": Shown.known("CHP999999")}
    portal.answers = lambda query: (
        authorizations(query).model_copy(update=someone)
        if isinstance(query, AuthorizationsQuery)
        else truth(query)
    )
    assert run(today=TODAY).counts["refused"] == 1
    assert not Snapshot.objects.filter(kind="authorizations").exists()


def test_an_appointment_is_looked_up_for_coverage_and_authorizations(
    either: Office, portal: Portal, run: Run
) -> None:
    either.account()
    worklist.import_items([appointment_item(1, TODAY)], source="test.csv", catalogue=whole_catalogue())
    run(today=TODAY)
    assert sorted(kinds(portal))[:2] == ["authorizations", "eligibility"]
    assert set(Lookup.objects.filter(item__isnull=False).values_list("kind", flat=True)) == {
        "authorizations",
        "eligibility",
    }
    run(today=TODAY)
    assert kinds(portal).count("authorizations") == 1


def test_a_demand_that_is_being_recovered_is_looked_up_daily(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    follow()
    demand = Overpayment(
        reference=Shown.known("DM-1"),
        status=Shown.known(OverpaymentStatus.RECOVERING),
        amount=Shown.known(Decimal("300.00")),
        balance=Shown.known(Decimal("200.00")),
    )
    portal.answers = lambda query: (
        overpayments(query, demand) if isinstance(query, OverpaymentsQuery) else truth(query)
    )
    first = run(today=TODAY)
    assert "wanted back: overpayment DM-1, 300.00, balance 200.00" in sentences(first)
    demand = demand.model_copy(update={"balance": Shown.known(Decimal("150.00"))})
    assert sentences(run(today=TOMORROW)) == ["overpayment DM-1: balance 200.00 → 150.00"]
    closed = {"status": Shown.known(OverpaymentStatus.CLOSED), "balance": Shown.known(Decimal("0.00"))}
    demand = demand.model_copy(update=closed)
    third = run(today=TOMORROW + timedelta(days=1))
    assert "overpayment DM-1: recovering → closed" in sentences(third)
    run(today=TOMORROW + timedelta(days=2))
    assert kinds(portal).count("overpayments") == 3


def test_a_new_payment_is_told_and_so_is_its_file(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow()
    first = run(today=TODAY)
    issued = f"{TODAY:%m/%d/%Y}"
    assert sorted(sentences(first)) == [
        "file received: 835 of payment E1",
        f"new: EFT E1, 120.50, issued {issued}",
    ]
    assert (first.counts["changed"], first.counts["new"]) == (0, MONEY + 2)
    portal.answers = showing(payment(), payment("E2", "9.00"))
    second = run(today=TOMORROW)
    assert f"new: EFT E2, 9.00, issued {issued}" in sentences(second)
    assert "file received: 835 of payment E2" in sentences(second)


@pytest.mark.usefixtures("office")
def test_a_week_and_a_month_are_one_subject_until_they_are_over_and_after() -> None:
    def subject(first: date, last: date, day: date | None = None) -> str:
        query = PaymentsQuery(carrier="CAS01", tin=ONE, issued_from=first, issued_to=last)
        return lookups.subject("cascadia", query, day)

    monday = date(2026, 11, 16)
    week = {subject(monday, monday + timedelta(n), monday + timedelta(n)) for n in range(7)}
    week |= {
        subject(monday, monday + timedelta(2)),
        subject(monday, monday + timedelta(6), monday + timedelta(30)),
    }
    first = date(2026, 10, 1)
    month = {subject(first, first + timedelta(n), first + timedelta(n)) for n in range(31)}
    month |= {subject(first, date(2026, 10, 31), date(2026, 12, 1))}
    parts = {subject(monday, monday + timedelta(n), monday + timedelta(30)) for n in range(6)}
    assert (len(week), len(month), len(parts)) == (1, 1, 6)
    assert len(week | month | parts) == 8


@pytest.mark.usefixtures("office")
def test_the_first_week_of_a_month_is_not_that_month() -> None:
    first = date(2026, 6, 1)  # a Monday
    asked = {
        lookups.subject("cascadia", PaymentsQuery(carrier="CAS01", issued_from=first, issued_to=last))
        for last in (date(2026, 6, 7), date(2026, 6, 30))
    }
    assert len(asked) == 2


def test_a_week_without_payments_is_no_trouble(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow()
    portal.answers = showing()
    report = run(today=TODAY)
    assert (report.counts["not_on_file"], report.counts["refused"]) == (0, 0)
    statuses = Snapshot.objects.filter(kind="payments").values_list("status", flat=True)
    assert [*statuses] == ["none"] * plan.WATCHED


def test_an_authorization_that_comes_to_end_soon_is_told_though_nothing_changed(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    day = TODAY + timedelta(days=10)
    worklist.import_items([appointment_item(1, day)], source="test.csv", catalogue=whole_catalogue())
    allowed = Authorization(
        number=Shown.known("A1"),
        status=Shown.known(AuthorizationStatus.APPROVED),
        unit=Shown.known(Unit.VISITS),
        approved=Shown.known(Decimal(12)),
        used=Shown.known(Decimal(3)),
        expiration_date=Shown.known(TODAY + timedelta(days=15)),
    )
    portal.answers = lambda query: (
        authorizations(query, allowed) if isinstance(query, AuthorizationsQuery) else truth(query)
    )
    told = [[s for s in sentences(run(today=TODAY + timedelta(days=n))) if "A1" in s] for n in range(3)]
    assert told == [[], [f"authorization A1 ends on {TODAY + timedelta(days=15):%m/%d/%Y}"], []]


def test_what_waits_is_not_planned_twice(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow()
    away = Troubled(lookup=None, trouble="PortalUnavailable", words="closed")
    portal.answers = lambda _: away
    run(today=TODAY)
    run(today=TODAY)
    assert Lookup.objects.count() == MONEY + 1
    portal.answers = truth
    assert run(today=TODAY).counts["looked_up"] == MONEY + 2


def test_a_stranded_question_goes_to_another_account(office: Office, portal: Portal, run: Run) -> None:
    office.account("ana")
    follow()
    portal.passwords["ana.user"] = "another"
    run(today=TODAY)
    office.account("ben")
    report = run(today=TODAY)
    assert (report.counts["looked_up"], report.waiting) == (MONEY + 2, ())


def test_rows_of_a_tax_id_that_nobody_has_say_so(office: Office, portal: Portal) -> None:
    office.account()
    follow(tin=ONE)
    fixed = Catalogue(portals=(WHOLE.model_copy(update={"switches_tin": False}),))
    report = alone.swept(today=TODAY, stay=portal.stay, catalogue=lambda: fixed, clock=portal.time.clock)
    assert [(wait.count, wait.reason) for wait in report.waiting] == [
        (MONEY + 1, "no account at cascadia looks up under the tax id 00-7300142")
    ]


def test_a_person_is_told_that_no_account_looks_up_under_a_tax_id(office: Office, portal: Portal) -> None:
    office.account()
    fixed = Catalogue(portals=(WHOLE.model_copy(update={"switches_tin": False}),))
    with pytest.raises(SweepError, match="looks up under the tax id"):
        sweep.lookup_now(
            OverpaymentsQuery(carrier="CAS01", tin=ONE),
            office.person(),
            today=TODAY,
            stay=portal.stay,
            catalogue=lambda: fixed,
            clock=portal.time.clock,
        )


def test_a_person_asks_as_the_account_and_the_sweep_knows_the_answer(
    office: Office, portal: Portal, run: Run
) -> None:
    account = office.account()
    account.context = {"organisation": "", "tin": ONE, "npi": "", "ptan": ""}
    account.save()
    looked = sweep.lookup_now(
        PaymentsQuery(carrier="CAS01", issued_from=TODAY - timedelta(TODAY.weekday()), issued_to=TODAY),
        office.person(),
        today=TODAY,
        stay=portal.stay,
        catalogue=whole_catalogue,
        clock=portal.time.clock,
    )
    assert lookups.asked(looked.lookup).tin == ONE
    follow(tin=ONE)
    run(today=TODAY)
    assert kinds(portal).count("payments") == plan.WATCHED


def test_the_payment_of_a_file_is_found_in_what_was_seen(office: Office, run: Run) -> None:
    office.account()
    follow(tin=ONE)
    run(today=TODAY)
    asked = standing.payment("CAS01", "E1", None)
    assert asked == RemittanceFileQuery(
        carrier="CAS01", tin=ONE, payment_number="E1", issue_date=TODAY, amount=Decimal("120.50")
    )
    assert standing.payment("CAS01", "E2", None) is None
    assert standing.payment("CAS01", "E1", OTHER) is None
