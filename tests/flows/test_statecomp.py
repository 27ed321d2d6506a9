"""StateComp's flow: what every flow keeps, whose bills are ours, and what is never kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import ClassVar

import pytest

from flows.statecomp import FLOW, PROGRAMS
from harvester import errors
from harvester.exchange.worklists import read_worklist
from harvester.model.authorization import AuthorizationList
from harvester.model.claim import Claim, ClaimList
from harvester.model.codes import AuthorizationStatus, CoverageStatus
from harvester.model.eligibility import Eligibility
from harvester.model.query import (
    AuthorizationsQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    PaymentsQuery,
)
from harvester.model.work import WorkItem
from harvester.testing import Ending, FlowContract, Outcome
from harvester.testing.contract import Visit, World
from harvester.testing.truth import Comparison, Truth
from harvester.visit.wire import Troubled

TODAY = date(2026, 11, 16)
TIN, OTHER_TIN = "007300142", "007300658"
WORKLISTS = Path(__file__).parents[2] / "mock_portals" / "worklist" / "statecomp"
DOWN = Outcome(errors.PortalUnavailable, kinds=("claim",), inside=True)


def items(kind: str) -> tuple[WorkItem, ...]:
    """Return the worklist's items; none is rejected."""
    read = read_worklist(WORKLISTS / f"{kind}.csv", today=TODAY)
    assert not read.rejected
    return read.items


def asked_of(item: WorkItem) -> ClaimQuery:
    """Ask for an item's bill."""
    found = FLOW.portal.carrier_named(item.payer)
    assert found is not None
    return item.claim_query(found.id)


def about(truth: Truth, record: Truth) -> dict[str, object]:
    """Return what a query about a record's injury claim says."""
    (member,) = [one for one in truth["members"] if one["member_id"] == record["of"]["member_id"]]
    return {"carrier": record["of"]["carrier"], "member": member, "tin": TIN}


def bills_are_true(visit: Visit, step: int) -> int:
    """Look up every so-manieth bill of the worklist and those never sent; return the values compared."""
    comparison, absent = Comparison(), set()
    never = {one["patient_account_number"] for one in visit.world.truth["not_on_file"]["claims"]}
    asked = [item for item in items("claims") if item.patient_account_number in never]
    asked += [item for item in items("claims") if item not in asked][::step]
    for item in asked:
        answer = visit.compare(asked_of(item), comparison)
        if isinstance(answer, Claim):
            assert answer.tin.value == "00-7300142"
            assert answer.injury_number == answer.member_id
        else:
            absent.add(item.patient_account_number)
    assert comparison.differences == []
    assert absent == never
    assert comparison.compared > 40 * (len(asked) - len(absent))
    return comparison.compared


class TestStateComp(FlowContract):
    """What every flow keeps."""

    flow = FLOW
    endings: ClassVar = {
        "unavailable": Ending(errors.PortalUnavailable, ours=True),
        "maintenance": errors.PortalUnavailable,
        "locked": dict.fromkeys(("tries", "inactive", "revoked"), errors.AccountLocked),
        "password_expired": errors.PasswordExpired,
        "code_rejected": errors.CodeRejected,
        "signin_timed_out": errors.SignedOut,
        "terms": errors.TermsToAccept,
        "attestation": errors.TermsToAccept,
        "training": errors.TrainingDue,
        "step": {
            "expiring": errors.PasswordExpired,
            "enroll": errors.FactorToEnroll,
            "contact": errors.DetailsToConfirm,
        },
        "strange_page": {
            "door": errors.PortalChanged,
            "code": errors.PortalChanged,
            "home": errors.PortalChanged,
            "elsewhere": Ending(errors.PortalChanged, "/whats-new", ours=True),
        },
    }
    troubles: ClassVar = {
        "slow": Outcome(value=50, kinds=("eligibility", "claim")),
        "layout_b": Outcome(),
        "unavailable": DOWN,
        "maintenance": DOWN,
        "closed": Outcome(errors.PortalUnavailable),
        "expire_after": Outcome(errors.SignedOut, value=2, inside=True),
        "wrong_patient": Outcome(
            errors.WrongPage, "member_id|Billing tax ID", kinds=("eligibility", "claim"), inside=True
        ),
        "stale_rows": (
            Outcome(errors.WrongPage, "Your inquiry", kinds=("claims", "claim"), inside=True),
            Outcome(errors.PortalChanged, "Your inquiry", value="missing", kinds=("claims", "claim")),
        ),
        "column_swap": tuple(
            Outcome(errors.PortalChanged, "billed", value=value, kinds=("claim",))
            for value in ("lines", "grid", "both")
        ),
        "header_renamed": Outcome(errors.PortalChanged, "Injury claim number|Paid"),
        "page_count": Outcome(errors.PortalChanged, "rows", kinds=("claims", "claim")),
    }
    unread = frozenset(
        {
            *("1", "2", "3", "Description", "Decision", "ICD-10"),  # conditions that are not allowed
            *("Approved", "Authorization number", "Code", "Data as of", "Injured worker"),  # said twice
            *("Level", "Released to"),
            "Billing tax ID",
            "Claim manager telephone",
            "Date of birth",
            "Decided",
            "Document number",
            "Employer",
            "Enrolled provider",
            "Injury claim number",
            "Managed care organization",
            "Pointer",
            "Program",
            "User",
        }
    )

    @pytest.fixture
    def visit(self, world: World) -> Iterator[Visit]:
        """Somebody who is signed in, and signs out in the end."""
        with world.visit(world.owner()) as visit:
            visit.enter()
            yield visit
        self._left_alone(world)

    def test_bills_of_the_worklist_are_the_truth(self, visit: Visit) -> None:
        assert bills_are_true(visit, 12)

    @pytest.mark.long
    def test_every_bill_of_the_worklist_is_the_truth(self, visit: Visit) -> None:
        assert bills_are_true(visit, 1) > 3000

    def test_injury_claims_are_open_closed_disallowed_or_undecided(self, visit: Visit) -> None:
        comparison, seen = Comparison(), set()
        for one in visit.world.truth["eligibilities"][-9:]:
            query = EligibilityQuery.model_validate(about(visit.world.truth, one) | {"service_date": TODAY})
            answer = visit.compare(query, comparison)
            assert isinstance(answer, Eligibility)
            seen.add(answer.coverages[0].status.value)
        assert comparison.differences == []
        assert seen == {CoverageStatus.ACTIVE, CoverageStatus.INACTIVE, CoverageStatus.PENDING}

    def test_a_processed_request_still_awaits_its_decision(self, visit: Visit) -> None:
        requests = visit.world.truth["authorizations"]
        waiting = next(one for one in requests if one["status"]["value"] == "awaiting_decision")
        query = AuthorizationsQuery.model_validate(
            about(visit.world.truth, waiting) | {"service_date": TODAY}
        )
        answer = visit.look(query)
        assert isinstance(answer, AuthorizationList)
        wanted = waiting["reference"]["words"]
        (found,) = [one for one in answer.authorizations if one.reference.words == wanted]
        assert {line.status.value for line in found.lines} == {AuthorizationStatus.AWAITING_DECISION}
        assert found.lines[0].status.words == "Processed - awaiting decision"

    def test_each_program_pays_each_tax_id_by_itself(self, visit: Visit) -> None:
        comparison = Comparison()
        for program in PROGRAMS:
            for tin in (TIN, OTHER_TIN):
                days = {"issued_from": date(2026, 6, 1), "issued_to": TODAY}
                query = PaymentsQuery.model_validate({"carrier": program, "tin": tin} | days)
                visit.compare(query, comparison)
        assert comparison.differences == []
        assert comparison.compared > 1000

    def test_a_list_has_all_of_our_bills_and_nobody_else_s(self, visit: Visit) -> None:
        owners = [one["of"]["member_id"] for one in visit.world.truth["bills_of_others"]]
        busiest = max(
            visit.world.truth["eligibilities"], key=lambda one: owners.count(one["of"]["member_id"])
        )
        comparison = Comparison()
        for tin in (TIN, OTHER_TIN):
            days = {"service_from": date(2026, 1, 1), "service_to": TODAY}
            query = ClaimsQuery.model_validate(about(visit.world.truth, busiest) | days | {"tin": tin})
            assert isinstance(visit.compare(query, comparison), ClaimList)
        assert comparison.differences == []
        assert comparison.compared > 200

    def test_another_provider_s_bill_with_our_invoice_number_is_not_ours(self, visit: Visit) -> None:
        accounts = {item.patient_account_number: item for item in items("claims")}
        unsent = {one["patient_account_number"] for one in visit.world.truth["not_on_file"]["claims"]}
        others = {one["patient_account_number"]["value"]: one for one in visit.world.truth["bills_of_others"]}
        twins = {account: one for account, one in others.items() if account in accounts}
        assert len(twins) > 5
        assert len(unsent & set(twins)) == 3
        for account in list(twins)[:3]:
            query, number = asked_of(accounts[account]), twins[account]["claim_number"]["value"]
            answer = visit.look(query)
            assert isinstance(answer, Claim)
            assert answer.claim_number.value != number
            theirs = visit.look(query.model_copy(update={"claim_number": number}))
            assert isinstance(theirs, Troubled)
            assert (theirs.trouble, theirs.where.split(" › ")[-1]) == ("WrongPage", "Billing tax ID")

    def test_a_social_security_number_is_no_value_of_ours(self, visit: Visit) -> None:
        bill = asked_of(items("claims")[0])
        injury = EligibilityQuery(carrier=bill.carrier, member=bill.member, service_date=TODAY, tin=TIN)
        for query in (bill, injury):
            answer = visit.look(query)
            assert isinstance(answer, Claim | Eligibility)
            assert "***-**-" not in answer.model_dump_json()
            assert "Social Security" not in answer.model_dump_json()
