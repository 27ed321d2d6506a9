"""Westmac's flow: the notice, the mailed code, the provider on every inquiry, one address for all forms."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

import pytest

from flows.westmac import FLOW
from harvester import errors
from harvester.model.claim import ClaimList
from harvester.model.payment import PaymentList
from harvester.model.portal import LookupKind
from harvester.model.query import ClaimsQuery, Member, OverpaymentsQuery, PaymentsQuery
from harvester.testing import Ending, FlowContract, Outcome
from harvester.testing.contract import World
from harvester.testing.truth import Comparison
from harvester.visit.wire import Troubled

CARRIER = FLOW.portal.carriers[0].id
TODAY = date(2026, 11, 16)
QUIET: tuple[LookupKind, ...] = ("overpayments",)
"""What is asked after a trouble at the door."""
CLAIMS: tuple[LookupKind, ...] = ("claims", "claim")
INQUIRIES: tuple[LookupKind, ...] = ("eligibility", "claim", "overpayments")

POSTED = """fields => fetch("/home", {method: "POST", body: new URLSearchParams(fields)})
    .then(() => "sent", () => "blocked")"""


def busiest(world: World) -> tuple[Member, list[date]]:
    """Return who has the most claims, and the first days of service of them."""
    claims = [one for one in world.truth["claims"] if one["tin"]["value"].endswith("142")]
    every = [one["member_id"]["value"] for one in claims]
    number = max(set(every), key=lambda one: (every.count(one), one))
    person = next(one for one in world.truth["members"] if one["member_id"] == number)
    days = [
        date.fromisoformat(one["service_from"]["value"])
        for one in claims
        if one["member_id"]["value"] == number
    ]
    return Member.model_validate(person), sorted(days)


class TestWestmac(FlowContract):
    flow = FLOW
    unread = frozenset(
        {"Bill option", "Billing PTAN", "Crossed over", "Hospice NPI", "Medicare is", "Phone", "Position"}
    )
    endings: ClassVar = {
        "unavailable": Ending(errors.PortalUnavailable, ours=True),
        "maintenance": errors.PortalUnavailable,
        "locked": dict.fromkeys(("tries", "inactive", "deleted", "uncertified"), errors.AccountLocked),
        "password_expired": errors.PasswordExpired,
        "code_rejected": dict.fromkeys(("wrong", "expired"), errors.CodeRejected),
        "signin_timed_out": errors.SignedOut,
        "terms": errors.TermsToAccept,
        "notice_changed": Ending(errors.TermsToAccept, "/notice", ours=True),
        "another_session": errors.AnotherSession,
        "recertification": errors.TrainingDue,
        "step": {
            "expiring": errors.PasswordExpired,
            "method": errors.FactorToEnroll,
            "autofill": errors.Challenge,
            "acknowledgement": errors.TermsToAccept,
            "profile": errors.DetailsToConfirm,
        },
        "strange_page": {
            "door": errors.PortalChanged,
            "code": errors.PortalChanged,
            "home": errors.PortalChanged,
            "elsewhere": Ending(errors.PortalChanged, "/whats-new", ours=True),
        },
    }
    troubles: ClassVar = {
        "slow": Outcome(value=20, kinds=QUIET),
        "unavailable": Outcome(errors.PortalUnavailable, inside=True, kinds=INQUIRIES),
        "maintenance": Outcome(errors.PortalUnavailable, inside=True, kinds=INQUIRIES),
        "expire_after": Outcome(value=9, kinds=("eligibility", "claim")),
        "closed": (
            Outcome(errors.PortalUnavailable, kinds=("claim", "overpayments")),
            Outcome(kinds=("eligibility",)),
        ),
        "autofill_warning": (
            Outcome(errors.Challenge, inside=True, kinds=("eligibility",)),
            Outcome(errors.Challenge, inside=True, kinds=("claim",)),
        ),
        "other_provider": Outcome(errors.WrongPage, "Your inquiry › TIN", kinds=INQUIRIES),
        "layout_b": Outcome(kinds=(*INQUIRIES, "payments")),
        "wrong_patient": Outcome(errors.WrongPage, "member_id|claim_number", kinds=("eligibility", "claim")),
        "stale_rows": (
            Outcome(errors.WrongPage, "Your inquiry", "old", CLAIMS, inside=True),
            Outcome(errors.PortalChanged, "Your inquiry", "missing", CLAIMS, inside=True),
        ),
        "column_swap": (
            Outcome(errors.PortalChanged, "billed", "lines", ("claim",)),
            Outcome(errors.PortalChanged, "billed", "both", ("claim",)),
        ),
        "header_renamed": Outcome(errors.PortalChanged, "MBI", kinds=("eligibility", "claim")),
        "page_count": (
            Outcome(errors.PortalChanged, "rows", kinds=CLAIMS),
            Outcome(errors.PortalChanged, "payments", kinds=("payments", "overpayments")),
        ),
    }

    def test_a_long_span_is_asked_45_days_at_a_time_and_lists_nothing_twice(self, world: World) -> None:
        member, days = busiest(world)
        query = ClaimsQuery(carrier=CARRIER, member=member, service_from=date(2026, 5, 1), service_to=TODAY)
        comparison = Comparison()
        with world.visit(world.owner()) as visit:
            visit.enter()
            listed = visit.compare(query.model_copy(update={"tin": world.context.tin}), comparison)
        assert isinstance(listed, ClaimList)
        assert comparison.differences == []
        assert listed.stated_total.value == len(listed.rows) == len(days) > 20

    def test_a_time_without_payments_still_tells_the_floor(self, world: World) -> None:
        empty = date(2024, 3, 1)
        query = PaymentsQuery(carrier=CARRIER, issued_from=empty, issued_to=empty)
        with world.visit(world.owner()) as visit:
            visit.enter()
            listed = visit.look(query)
            one = visit.look(query.model_copy(update={"number": "1"}))
        assert isinstance(listed, PaymentList)
        assert (listed.payments, listed.stated_total.value) == ((), 0)
        assert listed.approved_claims.value
        assert isinstance(one, Troubled)
        assert one.trouble == "NotOnFile"

    def test_a_notice_in_other_words_is_not_accepted(self, world: World) -> None:
        world.portals.trouble("westmac", "notice_changed")
        with world.visit(world.owner()) as visit, pytest.raises(errors.TermsToAccept):
            visit.enter()
        assert [entry for entry in world.log["requests"] if entry["method"] == "POST"] == []

    def test_the_same_code_serves_again_and_a_new_one_is_never_asked_for(self, world: World) -> None:
        for _ in range(2):
            with world.visit(world.owner()) as visit:
                visit.enter()
        sent = world.portals.mail("westmac", world.owner().person["user"])
        assert len({message["code"] for message in sent}) == 1
        assert [entry["result"] for entry in world.log["codes"]] == ["accepted", "accepted"]
        assert world.log["mutations"] == []

    def test_who_does_not_sign_out_is_kept_out_for_three_hours(self, world: World) -> None:
        with world.visit(world.owner()) as visit:
            visit.enter()
            with world.visit(world.owner()) as second, pytest.raises(errors.AnotherSession, match="180 min"):
                second.enter()
        with world.visit(world.owner()) as visit:
            visit.enter()

    def test_claims_and_money_are_closed_on_sundays(self, world: World) -> None:
        world.portals.turn_to(TODAY + timedelta(days=6))
        with world.visit(world.owner()) as visit:
            visit.enter()
            found = visit.look(OverpaymentsQuery(carrier=CARRIER))
        assert isinstance(found, Troubled)
        assert found.trouble == "PortalUnavailable"
        assert "outside its hours" in found.words

    def test_under_a_tax_id_without_npi_and_ptan_nothing_is_answered(self, world: World) -> None:
        with world.visit(world.owner()) as visit:
            visit.enter()
            found = visit.look(OverpaymentsQuery(carrier=CARRIER, tin="007300658"))
        assert isinstance(found, Troubled)
        assert found.trouble == "PortalChanged"

    def test_the_guard_tells_forms_of_one_address_apart(self, world: World) -> None:
        with world.visit(world.owner()) as visit:
            visit.enter()
            page = world.browser.contexts[-1].pages[0]
            for task in ("appeal", "offset", "typed"):
                assert page.evaluate(POSTED, {"task": task}) == "blocked"
                assert page.evaluate(POSTED, [["task", "claims"], ["task", task]]) == "blocked"
            assert page.evaluate(POSTED, {"task": "claims"}) == "sent"
        assert world.log["mutations"] == []
