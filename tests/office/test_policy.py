"""What the practice recorded of a portal's terms stands before every browser; the portal is the witness."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from unittest.mock import Mock

import pytest

from harvester.model.portal import Policy, PortalFacts
from harvester.model.query import Query
from harvester.model.snapshot import Answer
from harvester.office import pauses, policy, sweep, worklist
from harvester.office.models import PortalTerms
from harvester.office.pauses import PauseError
from harvester.office.policy import PolicyError, Recorded
from harvester.office.prompts import Watcher
from harvester.office.sweep import SweepReport
from harvester.visit.wire import Catalogue
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import FACTS, TODAY, TOMORROW, Portal, Time, catalogue, claim_item, truth

WANTS_REGISTRATION = FACTS.model_copy(
    update={"policy": Policy.registration_required(source="terms, section 4", checked=TODAY)}
)
Run = Callable[..., SweepReport]


@pytest.fixture
def portal(office: Office) -> Portal:
    office.account()
    worklist.import_items(map(claim_item, range(3)), source="test.csv", catalogue=catalogue())
    return Portal()


@pytest.fixture
def run(portal: Portal) -> Run:
    return partial(
        alone.swept,
        stay=portal.stay,
        catalogue=lambda: Catalogue(portals=(WANTS_REGISTRATION,)),
        clock=portal.time.clock,
    )


def test_without_a_registration_on_record_nothing_reaches_the_portal(portal: Portal, run: Run) -> None:
    report = run(today=TODAY)
    assert (portal.begun, report.waiting[0].count) == ([], 3)
    assert "its terms want software registered first (terms, section 4)" in report.waiting[0].reason


def test_with_a_registration_on_record_it_runs(office: Office, portal: Portal, run: Run) -> None:
    policy.register(WANTS_REGISTRATION, "REG-4471", by=office.person())
    report = run(today=TODAY)
    assert (len(portal.sign_ins), report.counts["looked_up"]) == (1, 3)


def test_a_registration_does_not_make_terms_that_nobody_reads_again_last(
    office: Office, portal: Portal, run: Run
) -> None:
    policy.register(WANTS_REGISTRATION, "REG-4471", by=office.person())
    run(today=TODAY.replace(year=TODAY.year + 1))
    assert portal.begun == []


def test_once_forbidden_nothing_reaches_the_portal_whatever_else_is_recorded(
    office: Office, portal: Portal, run: Run
) -> None:
    policy.register(WANTS_REGISTRATION, "REG-4471", by=office.person())
    policy.forbid(WANTS_REGISTRATION, "terms of 2026-11, section 9", by=office.person())
    with pytest.raises(policy.PolicyError, match="does not undo it"):
        policy.register(WANTS_REGISTRATION, "REG-4472", by=office.person())
    report = run(today=TODAY)
    assert portal.begun == []
    assert "its terms forbid software (terms of 2026-11, section 9)" in report.waiting[0].reason


def test_a_portal_that_permits_software_can_be_forbidden(office: Office, portal: Portal, run: Run) -> None:
    policy.forbid(FACTS, "letter of 2026-11-02", by=office.person())
    run(today=TODAY, catalogue=catalogue)
    assert portal.begun == []


@pytest.mark.parametrize(
    "declared",
    [Policy.prohibited(source="terms", checked=TODAY), Policy.unknown()],
    ids=["prohibited", "unknown"],
)
def test_no_record_allows_what_a_flow_s_policy_does_not(
    office: Office, portal: Portal, run: Run, declared: Policy
) -> None:
    facts = FACTS.model_copy(update={"policy": declared})
    with pytest.raises(policy.PolicyError, match="registers no software"):
        policy.register(facts, "REG-4471", by=office.person())
    # Registered while the flow said that this is enough; a newer flow knows better.
    policy.register(WANTS_REGISTRATION, "REG-4471", by=office.person())
    run(today=TODAY, catalogue=lambda: Catalogue(portals=(facts,)))
    assert portal.begun == []


def test_a_stay_under_way_ends_before_its_next_lookup_once_the_portal_is_forbidden(
    office: Office, portal: Portal, run: Run
) -> None:
    policy.register(WANTS_REGISTRATION, "REG-4471", by=office.person())
    owner = office.person()

    def answers(query: Query) -> Answer:
        policy.forbid(WANTS_REGISTRATION, "terms of today", by=owner)
        return truth(query)

    portal.answers = answers
    report = run(today=TODAY)
    assert (len(portal.queries), portal.sign_outs, report.waiting[0].count) == (1, 1, 2)
    run(today=TOMORROW)
    assert len(portal.begun) == 1


def test_a_lookup_for_a_person_who_waits_meets_the_same_gate(office: Office, portal: Portal) -> None:
    query = claim_item(1).claim_query("CAS01")
    looked = sweep.lookup_now(
        query,
        office.person(),
        today=TODAY,
        stay=portal.stay,
        catalogue=lambda: Catalogue(portals=(WANTS_REGISTRATION,)),
        clock=portal.time.clock,
    )
    assert (portal.begun, looked.snapshot) == ([], None)
    assert "registered first" in looked.reason


UNREAD = FACTS.model_copy(update={"policy": Policy.unknown()})
LONG_AGO = FACTS.model_copy(
    update={"policy": Policy.permitted(source="terms", checked=TODAY - timedelta(days=181))}
)


@pytest.mark.parametrize("facts", [UNREAD, LONG_AGO])
def test_t_acc_13_terms_that_nobody_read_lately_let_nothing_run_unattended(
    portal: Portal, run: Run, facts: PortalFacts
) -> None:
    report = run(today=TODAY, catalogue=lambda: Catalogue(portals=(facts,)))
    assert portal.begun == []
    assert "it runs only while a person watches" in report.waiting[0].reason


@pytest.mark.parametrize("facts", [UNREAD, LONG_AGO])
def test_while_a_person_watches_it_runs(portal: Portal, run: Run, facts: PortalFacts) -> None:
    report = run(today=TODAY, catalogue=lambda: Catalogue(portals=(facts,)), watcher=Watcher(Mock()))
    assert (len(portal.sign_ins), report.counts["looked_up"]) == (1, 3)


@pytest.mark.parametrize("facts", [UNREAD, LONG_AGO])
def test_what_somebody_attests_is_believed_for_180_days(
    office: Office, portal: Portal, run: Run, facts: PortalFacts
) -> None:
    policy.attest(facts, "terms of use, section 3", by=office.person(), clock=portal.time.clock)
    last = portal.time.at.date() + timedelta(days=180)
    assert policy.objection(facts, last) is None
    assert "more than 180 days ago" in (policy.objection(facts, last + timedelta(days=1)) or "")
    assert run(today=TODAY, catalogue=lambda: Catalogue(portals=(facts,))).counts["looked_up"] == 3


def test_nobody_attests_away_what_forbids_or_wants_a_registration(office: Office, portal: Portal) -> None:
    ana = office.person()
    prohibited = FACTS.model_copy(update={"policy": Policy.prohibited(source="terms", checked=TODAY)})
    with pytest.raises(PolicyError, match="forbids software"):
        policy.attest(prohibited, "terms", by=ana)
    with pytest.raises(PolicyError, match="say where"):
        policy.attest(UNREAD, "  ", by=ana)
    policy.attest(WANTS_REGISTRATION, "terms", by=ana, clock=portal.time.clock)
    assert "registered first" in (policy.objection(WANTS_REGISTRATION, TODAY, attended=True) or "")
    policy.forbid(UNREAD, "a letter", by=ana)
    with pytest.raises(PolicyError, match="forbids software"):
        policy.attest(UNREAD, "terms", by=ana)
    assert policy.objection(UNREAD, TODAY, attended=True)


def test_a_paused_portal_is_not_asked_and_a_stay_that_is_there_ends(
    office: Office, portal: Portal, run: Run
) -> None:
    policy.register(WANTS_REGISTRATION, "REG-4471", by=office.person())

    def first_then_pause(query: Query) -> Answer:
        pauses.pause("cascadia", "their administrator called", by=office.person())
        return truth(query)

    portal.answers = first_then_pause
    report = run(today=TODAY)
    assert (report.counts["looked_up"], report.counts["waiting"]) == (1, 2)
    assert "is paused: their administrator called" in report.waiting[0].reason
    assert (len(portal.sign_ins), portal.sign_outs) == (1, 1)
    run(today=TOMORROW)
    assert len(portal.sign_ins) == 1
    portal.answers = truth
    pauses.resume("cascadia", by=office.person())
    assert run(today=TOMORROW).counts["waiting"] == 0
    with pytest.raises(PauseError, match="not paused"):
        pauses.resume("cascadia", by=office.person())
    with pytest.raises(PauseError, match="say why"):
        pauses.pause("cascadia", " ")


# What terms say of software -----------------------------------------------------------------------

MAY = date(2026, 5, 20)
WATCHED = "until somebody attests that they do, it runs only while a person watches"
READ_IN_MAY = f"its terms were last read on 2026-05-20, more than 180 days ago; {WATCHED}"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (Policy.permitted(source="terms", checked=MAY), None),
        (Policy.prohibited(source="section 9", checked=TODAY), "its terms forbid software (section 9)"),
        (
            Policy.registration_required(source="section 4", checked=TODAY),
            "its terms want software registered first (section 4)",
        ),
        (Policy.unknown(), None),
    ],
)
def test_while_a_person_watches_only_what_is_written_stands_against_it(
    declared: Policy, said: str | None
) -> None:
    assert declared.objection(TODAY, attended=True) == said


@pytest.mark.parametrize(
    ("declared", "attested", "said"),
    [
        (Policy.permitted(source="terms", checked=MAY + timedelta(days=1)), None, None),
        (Policy.permitted(source="terms", checked=MAY - timedelta(days=1)), MAY, READ_IN_MAY),
        (Policy.permitted(source="terms", checked=MAY), MAY - timedelta(days=1), READ_IN_MAY),
        (Policy.permitted(source="terms", checked=MAY), TODAY, None),
        (Policy.unknown(), TODAY, None),
        (Policy.unknown(), None, f"nobody has recorded whether its terms allow software; {WATCHED}"),
    ],
)
def test_while_nobody_watches_somebody_has_to_have_read_the_terms_lately(
    declared: Policy, attested: date | None, said: str | None
) -> None:
    assert declared.objection(MAY + timedelta(days=181), attested=attested) == said


def test_nobody_watches_unless_it_is_said() -> None:
    assert "only while a person watches" in (Recorded().objection(UNREAD, TODAY) or "")


# What is recorded of them -------------------------------------------------------------------------


def test_a_record_says_who_said_it_and_when(office: Office) -> None:
    ana, time = office.person(), Time()
    policy.register(WANTS_REGISTRATION, " REG-4471 ", by=ana, clock=time.clock)
    policy.attest(WANTS_REGISTRATION, "terms, section 3\n", by=ana, clock=time.clock)
    policy.forbid(WANTS_REGISTRATION, "\tletter of 2026-11-02", by=ana, clock=time.clock)
    rows = [(row.portal, row.kind, row.words, row.by, row.at) for row in PortalTerms.objects.order_by("pk")]
    assert rows == [
        ("cascadia", "registered", "REG-4471", ana, time.at),
        ("cascadia", "attested", "terms, section 3", ana, time.at),
        ("cascadia", "forbidden", "letter of 2026-11-02", ana, time.at),
    ]


def test_what_is_recorded_of_another_portal_does_not_count(office: Office) -> None:
    elsewhere = WANTS_REGISTRATION.model_copy(update={"id": "elsewhere"})
    policy.register(elsewhere, "REG-4471", by=office.person())
    assert "registered first" in (policy.objection(WANTS_REGISTRATION, TODAY) or "")
    policy.forbid(elsewhere, "a letter", by=office.person())
    assert policy.objection(FACTS, TODAY) is None


def test_of_what_is_recorded_the_newest_counts(office: Office) -> None:
    time = Time()
    policy.attest(UNREAD, "terms of spring", by=office.person(), clock=time.clock)
    time.at += timedelta(days=100)
    policy.attest(UNREAD, "terms of winter", by=office.person(), clock=time.clock)
    assert policy.objection(UNREAD, TODAY + timedelta(days=280)) is None
    for words in ("a letter", "another letter"):
        policy.forbid(UNREAD, words, by=office.person())
    assert policy.objection(UNREAD, TODAY) == "its terms forbid software (another letter)"


@pytest.mark.parametrize(
    ("facts", "record", "words", "said"),
    [
        (WANTS_REGISTRATION, policy.register, " ", "the registration's number is empty"),
        (
            FACTS,
            policy.register,
            "REG-1",
            "Cascadia Provider Portal registers no software; its policy is: permitted",
        ),
        (WANTS_REGISTRATION, policy.attest, " ", "say where the portal's terms allow software"),
        (WANTS_REGISTRATION, policy.forbid, " ", "say where the portal's terms forbid software"),
    ],
)
def test_what_changes_nothing_or_says_nothing_is_not_recorded(
    office: Office, facts: PortalFacts, record: Callable[..., None], words: str, said: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        record(facts, words, by=office.person())
    assert str(refused.value) == said
    assert not PortalTerms.objects.exists()


def test_once_forbidden_nothing_else_is_recorded(office: Office) -> None:
    ana = office.person()
    policy.forbid(WANTS_REGISTRATION, "a letter", by=ana)
    for record, said in (
        (policy.register, "is recorded as forbidding software; a registration does not undo it"),
        (policy.attest, "forbids software; nobody can attest otherwise here"),
    ):
        with pytest.raises(PolicyError) as refused:
            record(WANTS_REGISTRATION, "REG-4471", by=ana)
        assert str(refused.value) == f"Cascadia Provider Portal {said}"
    assert PortalTerms.objects.count() == 1
