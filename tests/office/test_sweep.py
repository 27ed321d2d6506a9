from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from harvester import errors
from harvester.model.claim import Claim, RequestedDocument
from harvester.model.codes import ClaimStatus
from harvester.model.portal import Policy
from harvester.model.query import AboutMember, ClaimQuery, Query
from harvester.model.shown import Shown
from harvester.model.snapshot import Answer, Document, Outcome
from harvester.office import accounts, lookups, snapshots, sweep, worklist
from harvester.office.changes import ChangeKind
from harvester.office.locks import AccountLock
from harvester.office.models import Attempt, Evidence, Hold, Item, Lookup, Practice, Sighting, Snapshot, Stay
from harvester.office.plan import Urgency
from harvester.office.stays import BUSY
from harvester.office.sweep import SweepReport
from harvester.office.vault import SealError
from harvester.visit.client import StayEnded
from harvester.visit.wire import Answered, Begin, Catalogue, Entered, GiveSecret, Troubled
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import (
    FACTS,
    TODAY,
    TOMORROW,
    InProcessStay,
    Portal,
    appointment_item,
    catalogue,
    claim,
    claim_item,
    page,
    truth,
)

Run = Callable[..., SweepReport]


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def run(portal: Portal) -> Run:
    return partial(alone.swept, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)


def follow(count: int) -> None:
    worklist.import_items(map(claim_item, range(count)), source="test.csv", catalogue=catalogue())


def only(
    number: int, answer: Troubled | Exception | Answer
) -> Callable[[Query], Answer | Troubled | Exception]:
    """Answer so for one claim, and truthfully for the others."""

    def answers(query: Query) -> Answer | Troubled | Exception:
        about = isinstance(query, AboutMember) and query.member.member_id == f"CHP{number:06}"
        return answer if about else truth(query)

    return answers


def troubled(name: str) -> Troubled:
    return Troubled(lookup=None, trouble=name, words="Something else", where="Claim", documents=(page(name),))


def test_every_open_claim_is_looked_up_once(either: Office, portal: Portal, run: Run) -> None:
    either.account("ana")
    either.account("ben")
    follow(7)
    report = run(today=TODAY)
    assert report.counts["looked_up"] == report.counts["new"] == 7
    assert len(portal.queries) == len({str(query) for _, query in portal.queries}) == 7
    assert report.waiting == ()


def test_accounts_share_the_work_evenly(office: Office, portal: Portal, run: Run) -> None:
    for name in ("ana", "ben", "cleo"):
        office.account(name)
    follow(9)
    run(today=TODAY)
    users = [user for user, _ in portal.queries]
    assert [users.count(f"{name}.user") for name in ("ana", "ben", "cleo")] == [3, 3, 3]


def test_every_stay_is_signed_out(office: Office, portal: Portal, run: Run) -> None:
    office.account("ana")
    office.account("ben")
    follow(4)
    run(today=TODAY)
    assert (portal.sign_outs, portal.signed_in) == (2, set())


def test_a_second_sweep_on_the_same_day_asks_nothing(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow(3)
    run(today=TODAY)
    report = run(today=TODAY)
    assert (report.counts["looked_up"], len(portal.sign_ins)) == (0, 1)


def test_the_same_answer_again_is_a_sighting(either: Office, run: Run) -> None:
    either.account()
    follow(3)
    run(today=TODAY)
    report = run(today=TOMORROW)
    assert report.counts["seen_again"] == 3
    assert (Snapshot.objects.count(), Sighting.objects.count()) == (3, 3)
    assert report.changed == ()


def test_another_answer_is_a_typed_change(either: Office, portal: Portal, run: Run) -> None:
    either.account()
    follow(2)
    run(today=TODAY)
    portal.answers = lambda query: (
        claim(query, ClaimStatus.DENIED) if isinstance(query, ClaimQuery) else truth(query)
    )
    report = run(today=TOMORROW)
    assert report.counts["changed"] == report.counts["denied"] == 2
    assert {change.kind for one in report.changed for change in one.changes} >= {ChangeKind.DENIED}


def test_found_and_then_not_on_file_is_a_change(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow(1)
    run(today=TODAY)
    portal.answers = lambda _: troubled("NotOnFile")
    report = run(today=TOMORROW)
    assert report.counts["not_on_file"] == 1
    assert [change.kind for change in report.changed[0].changes] == [ChangeKind.NO_LONGER_ON_FILE]


def test_several_on_file_is_an_answer_without_data(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow(1)
    portal.answers = lambda _: troubled("SeveralOnFile")
    assert run(today=TODAY).counts["several_on_file"] == 1
    assert Snapshot.objects.get().sealed_answer is None


def test_a_claim_is_asked_for_by_its_number_once_a_snapshot_knows_it(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    follow(1)
    run(today=TODAY)
    run(today=TOMORROW)
    numbers = [query.claim_number for _, query in portal.queries if isinstance(query, ClaimQuery)]
    assert numbers == [None, "N-ACC0"]


def test_a_changed_page_is_refused_with_evidence_and_the_next_row_goes_on(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    follow(3)
    portal.answers = only(1, troubled("PortalChanged"))
    report = run(today=TODAY)
    assert (report.counts["looked_up"], report.counts["refused"]) == (2, 1)
    row = Lookup.objects.get(state="refused")
    assert (row.trouble, row.outcome) == ("PortalChanged", Outcome.LAYOUT_UNRECOGNIZED)
    assert snapshots.words(row) == ("Something else", "Claim")
    assert snapshots.page(Evidence.objects.get(refused=True)) == page("PortalChanged")


def test_a_refused_page_is_looked_up_again_by_the_next_sweep(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    follow(3)
    portal.answers = only(1, troubled("PortalChanged"))
    run(today=TODAY)
    portal.answers = truth
    report = run(today=TODAY)
    assert (report.counts["looked_up"], report.counts["new"]) == (1, 1)


def test_three_refused_pages_in_a_row_end_the_stay(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow(9)
    portal.answers = lambda _: troubled("PortalChanged")
    report = run(today=TODAY)
    assert (report.counts["refused"], len(portal.queries)) == (3, 3)
    assert [(wait.count, wait.owner) for wait in report.waiting] == [(6, "Ana")]


@pytest.mark.parametrize(
    "other",
    [
        {"member_id": Shown.known("CHP999999")},
        {"birth_date": Shown.known(date(1980, 2, 4))},
        {"patient_account_number": Shown.known("ACC00")},
        {
            "member_id": Shown(),
            "birth_date": Shown(),
            "patient_account_number": Shown(),
            "claim_number": Shown(),
        },
    ],
    ids=["member", "birth date", "account number", "nobody"],
)
def test_an_answer_about_somebody_else_is_never_data(
    office: Office, portal: Portal, run: Run, other: dict[str, object]
) -> None:
    office.account()
    follow(1)

    def answers(query: Query) -> Answer:
        assert isinstance(query, ClaimQuery)
        return claim(query).model_copy(update=other)

    portal.answers = answers
    report = run(today=TODAY)
    assert (report.counts["refused"], Snapshot.objects.count()) == (1, 0)
    row = Lookup.objects.get()
    assert (row.trouble, row.outcome) == ("WrongPage", Outcome.IDENTITY_MISMATCH)
    assert Evidence.objects.get().refused


def test_a_claim_that_took_the_place_of_the_one_asked_for_is_its_answer(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    follow(1)
    run(today=TODAY)

    def answers(query: Query) -> Answer:
        assert isinstance(query, ClaimQuery)
        newer = {"claim_number": Shown.known("N-2"), "follows": (str(query.claim_number),)}
        return claim(query).model_copy(update=newer)

    portal.answers = answers
    assert run(today=TOMORROW).counts["changed"] == 1


def test_another_claim_that_replaces_none_is_never_data(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow(1)
    run(today=TODAY)

    def answers(query: Query) -> Answer:
        assert isinstance(query, ClaimQuery)
        return claim(query).model_copy(update={"claim_number": Shown.known("N-2")})

    portal.answers = answers
    assert run(today=TOMORROW).counts["refused"] == 1


def test_an_answer_of_another_kind_is_never_data(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    day = TODAY
    items = [appointment_item(1, day)]
    worklist.import_items(items, source="test.csv", catalogue=catalogue())
    claims = claim_item(1).claim_query("CAS01")
    portal.answers = lambda _: claim(claims)
    assert run(today=day).counts["refused"] == 1


def test_a_wrong_password_is_tried_once_and_the_other_accounts_finish(
    either: Office, portal: Portal, run: Run
) -> None:
    for name in ("ana", "ben", "cleo"):
        either.account(name)
    follow(9)
    portal.passwords["ben.user"] = "another"
    report = run(today=TODAY)
    assert (report.counts["looked_up"], portal.rejected("ben.user")) == (6, 1)
    assert [(wait.owner, wait.count) for wait in report.waiting] == [("Ben", 3)]
    assert Hold.objects.get().trouble == "WrongPassword"


def test_what_waits_for_an_account_on_hold_goes_to_the_others_at_the_next_sweep(
    either: Office, portal: Portal, run: Run
) -> None:
    either.account("ana")
    either.account("ben")
    follow(6)
    portal.passwords["ben.user"] = "another"
    run(today=TODAY)
    report = run(today=TODAY)
    assert (report.counts["looked_up"], report.waiting) == (3, ())
    assert portal.rejected("ben.user") == 1
    assert Snapshot.objects.count() == 6


def test_without_another_account_the_report_says_who_is_on_hold(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account("ana")
    follow(2)
    portal.passwords["ana.user"] = "another"
    run(today=TODAY)
    report = run(today=TODAY)
    assert [(wait.count, wait.reason) for wait in report.waiting] == [
        (2, "no account at cascadia can be used (Ana: on hold)")
    ]


def test_an_unavailable_portal_lets_rows_wait_and_holds_nobody(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    follow(3)
    portal.answers = only(1, troubled("PortalUnavailable"))
    report = run(today=TODAY)
    assert (report.counts["looked_up"], report.counts["waiting"]) == (1, 2)
    assert report.waiting[0].reason == "the portal is unavailable"
    assert not Hold.objects.exists()


def test_the_next_sweep_finishes_what_waited(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow(3)
    portal.answers = only(1, troubled("PortalUnavailable"))
    run(today=TODAY)
    portal.answers = truth
    assert run(today=TODAY).counts["looked_up"] == 2
    assert Lookup.objects.count() == 3


def test_signing_in_again_in_a_stay_is_recorded_as_accepted(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow(3)
    portal.answers = only(1, errors.SignedOut())
    report = run(today=TODAY)
    assert (report.counts["looked_up"], len(portal.sign_ins)) == (3, 2)
    assert len({code for _, code in portal.codes}) == 2
    assert not Attempt.objects.exclude(end__result="accepted").exists()


def test_a_stay_that_must_sign_in_a_third_time_is_denied_the_password(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    follow(3)
    portal.answers = lambda _: errors.SignedOut()
    report = run(today=TODAY)
    assert [one.reason for one in report.waiting] == ["the portal ended the session twice"]
    assert len(portal.sign_ins) == 2
    assert not Hold.objects.exists()


@pytest.mark.parametrize("name", ["TermsToAccept", "AccountLocked", "Challenge", "NotAuthorized"])
def test_trouble_that_needs_staff_during_a_lookup_holds_the_account(
    office: Office, portal: Portal, run: Run, name: str
) -> None:
    office.account()
    follow(2)
    portal.answers = lambda _: troubled(name)
    report = run(today=TODAY)
    held = Hold.objects.get()
    assert (held.trouble, held.todo) == (name, errors.named(name).todo)
    assert report.counts["waiting"] == 2


def test_a_stay_that_dies_in_a_lookup_leaves_the_row_waiting_and_holds_nobody(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    follow(2)
    portal.answers = lambda _: StayEnded("The stay died.")
    report = run(today=TODAY)
    assert (report.counts["waiting"], len(portal.queries)) == (2, 1)
    assert [wait.reason for wait in report.waiting] == ["The stay died"]
    assert not Hold.objects.exists()


def test_a_lookup_that_ends_three_stays_is_not_tried_again(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow(2)
    portal.answers = only(0, StayEnded("The stay died."))
    for _ in range(3):
        run(today=TODAY)
    assert Lookup.objects.get(state="failed").trouble == "StayEnded"


def test_a_defect_ends_its_row_and_not_the_sweep(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow(3)
    portal.answers = only(1, troubled("Defect"))
    report = run(today=TODAY)
    assert (report.counts["looked_up"], report.counts["failed"]) == (2, 1)


@pytest.mark.parametrize(
    "policy",
    [
        Policy.prohibited(source="terms", checked=TODAY),
        Policy.unknown(),
        Policy.registration_required(source="terms", checked=TODAY),
        Policy.permitted(source="terms", checked=date(2026, 1, 1)),
    ],
    ids=["prohibited", "unknown", "unregistered", "expired"],
)
def test_t_acc_13_a_portal_that_forbids_software_starts_no_browser(
    office: Office, portal: Portal, run: Run, policy: Policy
) -> None:
    office.account()
    follow(2)
    forbidden = Catalogue(portals=(FACTS.model_copy(update={"policy": policy}),))
    report = run(today=TODAY, catalogue=lambda: forbidden)
    assert portal.begun == []
    assert report.waiting[0].count == 2
    assert report.waiting[0].reason.startswith("Cascadia Provider Portal is not asked: ")


def test_an_account_that_somebody_uses_is_left_alone(office: Office, portal: Portal, run: Run) -> None:
    account = office.account()
    follow(1)
    with AccountLock(account.pk):
        report = run(today=TODAY)
    assert (portal.begun, report.waiting[0].reason) == ([], BUSY)


def test_an_account_whose_owner_has_not_agreed_takes_no_part_in_sweeps(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account(consent=False)
    follow(1)
    report = run(today=TODAY)
    assert portal.begun == []
    assert "its owner has not agreed to sweeps" in report.waiting[0].reason


def test_without_the_private_key_nothing_is_tried(office: Office, portal: Portal, run: Run) -> None:
    (office.home / "keys" / "credentials.private").unlink()
    office.account()
    follow(1)
    with pytest.raises(SealError, match="can store credentials and not use them"):
        run(today=TODAY)
    assert portal.begun == []


def test_a_payer_that_no_flow_knows_is_reported(office: Office, run: Run) -> None:
    office.account()
    items = [claim_item(1, payer="Cascadia")]
    worklist.import_items(items, source="test.csv", catalogue=catalogue())
    report = run(today=TODAY)
    assert [(wait.count, wait.reason) for wait in report.waiting] == [
        (1, "no installed flow knows the payer")
    ]


def test_an_item_that_cannot_be_asked_about_is_reported_with_what_it_lacks(office: Office, run: Run) -> None:
    office.account()
    items = [claim_item(1, birth_date=None)]
    worklist.import_items(items, source="test.csv", catalogue=catalogue())
    ((_, lacks),) = run(today=TODAY).unaskable
    assert lacks == "this row cannot be searched by account: it lacks the birth date"


def test_an_item_has_one_waiting_lookup(either: Office) -> None:
    account = either.account()
    follow(1)
    item = Item.objects.get()
    query = claim_item(0).claim_query("CAS01")
    asker = lookups.Asker(day=TODAY, reason="test", urgency=Urgency.NEW)
    lookups.lookup(query, account, asker, item).save()
    with pytest.raises(IntegrityError):
        lookups.lookup(query, account, asker, item).save()


def test_progress_says_who_is_signed_in_and_how_far(office: Office, run: Run) -> None:
    office.account("ana")
    follow(2)
    seen: list[tuple[str, str, int, int]] = []
    run(
        today=TODAY,
        told=lambda stay: seen.append((stay.account.owner.called, stay.doing, stay.done, stay.total)),
    )
    assert seen == [
        ("Ana", "signing_in", 0, 2),
        ("Ana", "signed_in", 0, 2),
        ("Ana", "signed_in", 1, 2),
        ("Ana", "signed_in", 2, 2),
        ("Ana", "ended", 2, 2),
    ]
    ended = Stay.objects.get()
    assert (ended.doing, ended.done, ended.refused, ended.trouble) == ("ended", 2, 0, "")
    assert set(Lookup.objects.values_list("stay", flat=True)) == {ended.pk}


def test_a_person_looks_up_now_with_their_own_account(either: Office, portal: Portal) -> None:
    either.account("ana")
    either.account("ben", consent=False)
    query = appointment_item(5, TODAY).eligibility_query("CAS01")
    looked = sweep.lookup_now(
        query,
        either.person("ben"),
        today=TODAY,
        stay=portal.stay,
        catalogue=catalogue,
        clock=portal.time.clock,
    )
    assert looked.answer == truth(query)
    assert portal.queries == [("ben.user", query)]


def test_a_lookup_now_leaves_the_sweeps_rows_alone(office: Office, portal: Portal, run: Run) -> None:
    account = office.account("ana")
    follow(3)
    with AccountLock(account.pk):
        run(today=TODAY)
    query = appointment_item(5, TODAY).eligibility_query("CAS01")
    sweep.lookup_now(
        query,
        office.person("ana"),
        today=TODAY,
        stay=portal.stay,
        catalogue=catalogue,
        clock=portal.time.clock,
    )
    assert [one for _, one in portal.queries] == [query]


def test_a_stay_that_is_signed_in_takes_an_urgent_lookup_next(
    office: Office, portal: Portal, run: Run
) -> None:
    account = office.account("ana")
    follow(3)
    urgent = appointment_item(5, TODAY).eligibility_query("CAS01")
    asker = lookups.Asker(
        day=TODAY, reason="Ana asked", urgency=Urgency.PERSON_WAITS, person=office.person("ana")
    )

    def answers(query: Query) -> Answer:
        if len(portal.queries) == 1:
            lookups.lookup(urgent, account, asker).save()
        return truth(query)

    portal.answers = answers
    run(today=TODAY)
    assert portal.queries[1] == ("ana.user", urgent)


def test_somebody_without_an_account_cannot_look_up(office: Office, portal: Portal) -> None:
    office.account("ana")
    query = appointment_item(5, TODAY).eligibility_query("CAS01")
    with pytest.raises(sweep.SweepError, match="Ben has no account at cascadia"):
        sweep.lookup_now(query, office.person("ben"), today=TODAY, stay=portal.stay, catalogue=catalogue)


def test_a_service_that_the_portal_cannot_be_asked_about_is_not_asked_as_another(
    office: Office, portal: Portal
) -> None:
    office.account("ana")
    query = appointment_item(5, TODAY).eligibility_query("CAS01").model_copy(update={"service_type": "AL"})

    def narrow() -> Catalogue:
        portals = [one.model_copy(update={"service_types": ("30",)}) for one in catalogue().portals]
        return Catalogue(portals=tuple(portals))

    with pytest.raises(sweep.SweepError, match="cannot be asked about service type AL"):
        sweep.lookup_now(query, office.person("ana"), today=TODAY, stay=portal.stay, catalogue=narrow)


def test_a_lookup_now_waits_for_a_busy_account_and_then_says_so(office: Office, portal: Portal) -> None:
    account = office.account("ana")
    query = appointment_item(5, TODAY).eligibility_query("CAS01")
    with AccountLock(account.pk):
        looked = sweep.lookup_now(
            query,
            office.person("ana"),
            today=TODAY,
            stay=portal.stay,
            catalogue=catalogue,
            clock=portal.time.clock,
            patience=5,
        )
    assert (looked.reason, looked.answer) == (BUSY, None)


def test_a_mock_on_this_machine_stands_in_for_the_portal(office: Office, portal: Portal, run: Run) -> None:
    office.account("ana")
    follow(1)
    accounts.set_address("cascadia", "http://127.0.0.1:8101", {"elsewhere": "http://127.0.0.1:8102"})
    run(today=TODAY)
    assert [(begin.address, begin.sites) for begin in portal.begun] == [
        ("http://127.0.0.1:8101", {"elsewhere": "http://127.0.0.1:8102"})
    ]


def test_trouble_while_signing_in_again_counts_as_a_rejection(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    follow(2)

    class Halfway(InProcessStay):
        def look(self, lookup: int, query: Query) -> Answered | Troubled:  # noqa: ARG002
            self._ask("password")
            return troubled("PortalChanged")

    def stay(
        begin: Begin,
        *,
        secrets: GiveSecret,
        again: Callable[[Entered], None],
        wanted: Callable[[], bool],
        inherit: tuple[int, ...],
    ) -> InProcessStay:
        assert inherit
        assert wanted()
        return Halfway(portal, begin, secrets, again)

    report = run(today=TODAY, stay=stay)
    assert (report.counts["waiting"], report.counts["refused"]) == (2, 0)
    assert Hold.objects.get().trouble == "UnfinishedAttempt"


def test_words_alone_are_no_typed_change(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow(1)
    run(today=TODAY)

    def reworded(query: Query) -> Answer:
        assert isinstance(query, ClaimQuery)
        said = claim(query)
        billed = said.billed.model_copy(update={"words": "120.00 $"})
        return said.model_copy(update={"billed": billed})

    portal.answers = reworded
    counts = run(today=TOMORROW).counts
    assert (counts["looked_up"], counts["reworded"], counts["changed"]) == (1, 1, 0)


def test_two_sweeps_at_once_ask_nothing_twice(either: Office, portal: Portal, run: Run) -> None:
    either.account("ana")
    either.account("ben")
    follow(8)
    with ThreadPoolExecutor(2) as threads:
        for task in [threads.submit(closing(run), today=TODAY) for _ in range(2)]:
            task.result()
    assert len(portal.queries) == Snapshot.objects.count() == 8
    assert not Sighting.objects.exists()


def test_two_sweeps_are_planned_one_after_the_other(postgresql_office: Office, run: Run) -> None:
    postgresql_office.account("ana")
    follow(3)
    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        Practice.objects.select_for_update().get()
        other = threads.submit(closing(run), today=TODAY)
        with pytest.raises(TimeoutError):
            other.result(1)
        assert not Lookup.objects.exists()
        transaction.set_rollback(True)
    assert other.result().counts["looked_up"] == 3


def test_before_documents_are_due_their_claim_is_looked_up_daily(
    either: Office, portal: Portal, run: Run
) -> None:
    either.account()
    follow(1)

    def pended(query: Query) -> Answer:
        assert isinstance(query, ClaimQuery)
        wanted = RequestedDocument(
            document=Shown.known("Notes"), due_date=Shown.known(TODAY + timedelta(days=5))
        )
        said = claim(query, ClaimStatus.PENDED_PROVIDER_INFO)
        return said.model_copy(update={"requested_documents": (wanted,)})

    portal.answers = pended
    looks = [run(today=TODAY + timedelta(days=days)).counts["looked_up"] for days in range(7)]
    # The day after the first look, then from three days before the day until it.
    assert looks == [1, 1, 1, 1, 1, 1, 0]


def test_what_a_portal_does_not_offer_is_not_asked(office: Office, portal: Portal, run: Run) -> None:
    office.account()
    follow(1)
    plain = Catalogue(portals=(FACTS.model_copy(update={"offers": ("eligibility",)}),))
    ((_, lacks),) = run(today=TODAY, catalogue=lambda: plain).unaskable
    assert (lacks, portal.begun) == (
        "the flow of Cascadia Provider Portal does not look up claim at CAS01",
        [],
    )


def test_what_a_portal_does_not_offer_for_a_carrier_is_not_asked(
    office: Office, portal: Portal, run: Run
) -> None:
    office.account()
    follow(1)
    carrier = FACTS.carriers[0].model_copy(update={"offers": ("eligibility",)})
    plain = FACTS.model_copy(update={"carriers": (carrier,)})
    assert (plain.offered("CAS01"), FACTS.offered("CAS01")) == (("eligibility",), FACTS.offers)
    assert plain.offered("nobody's") == ()
    ((_, lacks),) = run(today=TODAY, catalogue=lambda: Catalogue(portals=(plain,))).unaskable
    assert (lacks, portal.begun) == (
        "the flow of Cascadia Provider Portal does not look up claim at CAS01",
        [],
    )


@pytest.mark.parametrize(
    "document",
    [
        Document(sha256="0" * 64, path="/", gzipped=page("x").gzipped),
        Document(sha256="0" * 99, path="/", gzipped="not base64"),
        Document.of("x" * 20_000_001, "/"),
    ],
    ids=["hash", "garbage", "bomb"],
)
def test_a_page_that_is_not_what_its_hash_says_is_no_evidence(
    either: Office, portal: Portal, run: Run, document: Document
) -> None:
    either.account()
    follow(1)
    portal.answers = lambda _: Troubled(lookup=None, trouble="PortalChanged", documents=(document,))
    assert run(today=TODAY).counts["refused"] == 1
    assert not Evidence.objects.exists()


def test_a_trouble_of_no_known_name_is_a_defect(either: Office, portal: Portal, run: Run) -> None:
    either.account()
    follow(1)
    portal.answers = lambda _: troubled("Canaryson" * 20)
    run(today=TODAY)
    assert Lookup.objects.get().trouble == "Defect"


def test_an_amount_beyond_all_reason_is_kept_in_the_answer_alone(
    either: Office, portal: Portal, run: Run
) -> None:
    either.account()
    follow(1)
    amount = Decimal("123456789012345.678")

    def answers(query: Query) -> Answer:
        assert isinstance(query, ClaimQuery)
        return claim(query).model_copy(update={"billed": Shown.known(amount)})

    portal.answers = answers
    run(today=TODAY)
    snapshot = Snapshot.objects.get()
    answer = snapshots.answer(snapshot)
    assert isinstance(answer, Claim)
    assert (snapshot.billed, answer.billed.value) == (None, amount)


def closing(run: Run) -> Run:
    """Sweep in a thread, and leave no connection behind."""

    def swept(**how: Any) -> SweepReport:
        try:
            return run(**how)
        finally:
            connections.close_all()

    return swept
