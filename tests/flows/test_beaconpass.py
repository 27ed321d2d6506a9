"""BeaconPass's flow: a broker and two plans; codes where they are asked for, and three sign-outs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import ClassVar

import pyotp
import pytest
from playwright.sync_api import Page

from flows.beaconpass import FLOW
from harvester import errors
from harvester.exchange.worklists import read_worklist
from harvester.model.query import ClaimQuery, EligibilityQuery
from harvester.model.work import WorkItem
from harvester.testing import Ending, FlowContract, Outcome
from harvester.testing.truth import Comparison, compare
from harvester.visit import lookups
from tests.flows.desk import entrance, signed_in, user
from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import Kit

TODAY = date(2026, 11, 16)
WORKLISTS = Path(__file__).parents[2] / "mock_portals" / "worklist" / "beaconpass"
ASKED = {"Billing tax ID", "Check or trace number", "Issued from", "Issued to"}
LISTED = {"Paid by", "Issue date", "Amount", "Claims"}
"""What a list of payments says and each payment's own page says again."""


class TestBeaconPass(FlowContract):
    flow = FLOW
    unread = frozenset({*ASKED, *LISTED})
    endings: ClassVar = {
        "unavailable": Ending(errors.PortalUnavailable, ours=True),
        "maintenance": errors.PortalUnavailable,
        "locked": dict.fromkeys(("tries", "inactive", "cancelled"), errors.AccountLocked),
        "password_expired": errors.PasswordExpired,
        "code_rejected": dict.fromkeys(("wrong", "expired"), errors.CodeRejected),
        "signin_timed_out": errors.SignedOut,
        "terms": {True: errors.TermsToAccept, "mossbridge": errors.TermsToAccept},
        "no_access": dict.fromkeys(("northpeak", "mossbridge"), errors.NotAuthorized),
        "relay_lost": {
            "once": None,
            "twice": Ending(errors.PortalUnavailable, "northpeak", ours=True),
        },
        "step": {
            "expiring": errors.PasswordExpired,
            "enroll": errors.FactorToEnroll,
            "questions": errors.DetailsToConfirm,
            "registration": errors.DetailsToConfirm,
        },
        "strange_page": {
            "door": errors.PortalChanged,
            "home": errors.PortalChanged,
            "northpeak": errors.PortalChanged,
            "mossbridge": errors.PortalChanged,
            "elsewhere": Ending(errors.PortalChanged, "/whats-new", ours=True),
        },
    }
    troubles: ClassVar = {
        "slow": Outcome(value=100, kinds=("eligibility",)),
        "unavailable": Outcome(errors.PortalUnavailable, kinds=("eligibility", "claims"), inside=True),
        "maintenance": Outcome(errors.PortalUnavailable, kinds=("eligibility", "claims"), inside=True),
        "relay_lost": Outcome(value="once", kinds=("eligibility", "claim")),
        "layout_b": Outcome(),
        "expire_after": Outcome(value=6, kinds=("eligibility", "claim")),
        "wrong_patient": Outcome(
            errors.WrongPage, "member_id|claim_number", kinds=("eligibility", "claim", "authorizations")
        ),
        "stale_rows": (
            Outcome(errors.WrongPage, "asked|question", "old", ("claims", "claim"), inside=True),
            Outcome(errors.PortalChanged, "asked|question", "missing", ("claims", "claim"), inside=True),
        ),
        "column_swap": (
            Outcome(errors.PortalChanged, "billed", "lines", ("claim",)),
            Outcome(errors.PortalChanged, "billed", "grid", ("claim",)),
        ),
        "header_renamed": Outcome(
            errors.PortalChanged, "Member ID|Member number", kinds=("eligibility", "claim", "authorizations")
        ),
        "page_count": Outcome(
            errors.PortalChanged,
            "rows|payments|authorizations",
            kinds=("claims", "payments", "authorizations"),
        ),
    }


@pytest.fixture(scope="module")
def _running() -> Iterator[Kit]:
    with running_kit.kit() as running:
        yield running


@pytest.fixture
def kit(_running: Kit) -> Kit:
    _running.post("/reset")
    return _running.at("beaconpass")


def secrets(kit: Kit, asked: list[str]) -> Callable[[str], str]:
    """Return what gives the first person's secrets, and notes what was asked for."""
    person = kit.staff()

    def secret(kind: str) -> str:
        asked.append(kind)
        if kind == "password":
            return person["password"]
        if kind == "email":
            return str(kit.get(f"/mail/beaconpass/{person['user']}")[-1]["code"])
        return pyotp.TOTP(person["totp_secret"]).now()

    return secret


def items(kind: str) -> tuple[WorkItem, ...]:
    """Return the worklist's items; none is rejected."""
    read = read_worklist(WORKLISTS / f"{kind}.csv", today=TODAY)
    assert not read.rejected
    return read.items


def query(item: WorkItem) -> ClaimQuery | EligibilityQuery:
    carrier = FLOW.portal.carrier_named(item.payer)
    assert carrier is not None
    return item.claim_query(carrier.id) if item.kind == "claim" else item.eligibility_query(carrier.id)


def of(carrier: str) -> EligibilityQuery:
    """Return a query about somebody whom this carrier covers."""
    found = (query(item) for item in items("appointments") if not f"{item.member_id}".startswith("9000"))
    return next(one for one in found if isinstance(one, EligibilityQuery) and one.carrier == carrier)


def test_the_whole_worklist_is_the_truth(kit: Kit, record_property: Callable[[str, object], None]) -> None:
    truth, comparison = kit.truth(), Comparison()
    every = sorted((*items("claims"), *items("appointments")), key=lambda item: item.payer)
    with signed_in(kit, FLOW, user(kit, secrets(kit, []))) as page:
        for item in every:
            asked = query(item)
            try:
                answer = lookups.answer(FLOW, page, asked)
            except errors.NotOnFile:
                answer = None
            compare(comparison, asked, answer, truth, item.kind)
    assert comparison.differences == []
    assert comparison.compared > 40 * len(every)
    log = kit.log()
    assert log["mutations"] == []
    assert [(one["site"], one["result"]) for one in log["handovers"]] == [
        ("northpeak", "accepted"),
        ("mossbridge", "accepted"),
    ]
    record_property("values compared", comparison.compared)


def test_each_plan_asks_for_its_kind_of_code_once_and_no_device_is_remembered(kit: Kit) -> None:
    asked: list[str] = []
    with signed_in(kit, FLOW, user(kit, secrets(kit, asked))):
        assert asked == ["password", "email", "authenticator"]
    with entrance(kit, FLOW) as (page, _), pytest.raises(errors.CodeRejected):
        FLOW.sign_in(page, user(kit, lambda kind: "0" if kind == "email" else secrets(kit, asked)(kind)))
    assert asked[3:] == ["password"]


def test_signing_out_ends_all_three_sessions(kit: Kit) -> None:
    with signed_in(kit, FLOW, user(kit, secrets(kit, []))):
        assert [one["closed"] for one in kit.log()["sessions"]] == [None] * 3
    closed = {one["id"].rpartition(":")[0]: one["how"] for one in kit.log()["sessions"]}
    assert closed == {"": "signed_out", "northpeak": "signed_out", "mossbridge": "signed_out"}


def test_where_only_the_plans_have_forgotten_us_no_secret_is_asked_for_again(kit: Kit) -> None:
    asked: list[str] = []
    person = user(kit, secrets(kit, asked))
    with entrance(kit, FLOW) as (page, guard):
        FLOW.sign_in(page, person)
        guard.phase = "reading"
        lookups.answer(FLOW, page, of("NPHP4"))
        kit.post("/clock", {"advance_seconds": 20 * 60})
        for carrier in ("NPHP4", "MBHC2"):
            with pytest.raises(errors.SignedOut):
                lookups.answer(FLOW, page, of(carrier))
        guard.phase = "entering"
        FLOW.sign_in(page, person)
        guard.phase = "reading"
        for carrier in ("MBHC2", "NPHP4", "MBHC2"):
            lookups.answer(FLOW, page, of(carrier))
        guard.phase = "leaving"
        FLOW.sign_out(page)
    assert asked == ["password", "email", "authenticator"]
    assert [one["result"] for one in kit.log()["sign_ins"]] == ["accepted"]


def test_a_page_goes_to_a_plan_only_when_it_is_not_there(kit: Kit) -> None:
    with signed_in(kit, FLOW, user(kit, secrets(kit, []))) as page:
        before = len(homes(kit))
        for carrier in ("MBHC2", "MBHC2", "NPHP4", "NPHP4"):
            lookups.answer(FLOW, page, of(carrier))
        assert homes(kit)[before:] == ["northpeak:/home"]


def homes(kit: Kit) -> list[str]:
    return [one["path"] for one in kit.log()["requests"] if one["path"].endswith(":/home")]


def test_without_somebody_to_read_the_mail_nobody_enters_and_all_is_closed(kit: Kit) -> None:
    def nobody(kind: str) -> str:
        if kind == "email":
            raise errors.CodeNeeded
        return secrets(kit, [])(kind)

    with entrance(kit, FLOW) as (page, guard):
        with pytest.raises(errors.CodeNeeded):
            FLOW.sign_in(page, user(kit, nobody))
        guard.phase = "leaving"
        FLOW.sign_out(page)
    assert [one["how"] for one in kit.log()["sessions"]] == ["signed_out"]
    assert [one["result"] for one in kit.log()["codes"]] == []


POSTED = "path => fetch(path, {method: 'POST'}).then(() => 'sent', () => 'blocked')"
ASKED_FOR = "url => fetch(url, {mode: 'no-cors'}).then(() => 'sent', () => 'blocked')"


def test_the_guard_lets_no_decoy_through_at_either_plan(kit: Kit) -> None:
    with signed_in(kit, FLOW, user(kit, secrets(kit, []))) as page:
        for carrier, more in (("NPHP4", ("/coverage/x",)), ("MBHC2", ("/authorizations/SR1/withdraw",))):
            number = next(
                one["claim_number"]["value"]
                for one in kit.truth()["claims"]
                if one["of"]["carrier"] == carrier
            )
            lookups.answer(FLOW, page, of(carrier))
            for path in (f"/claims/{number}/dispute", "/members/1/clinic", *more):
                assert page.evaluate(POSTED, path) == "blocked"
    assert kit.log()["mutations"] == []


def test_a_plan_is_not_asked_for_what_only_the_other_one_has(kit: Kit) -> None:
    with signed_in(kit, FLOW, user(kit, secrets(kit, []))) as page:
        for carrier, here, there in (
            ("NPHP4", "/payments", "/authorizations"),
            ("MBHC2", "/authorizations", "/payments"),
        ):
            lookups.answer(FLOW, page, of(carrier))
            assert _reached(page, here) == "sent"
            assert _reached(page, there) == "blocked"
    paths = {one["path"] for one in kit.log()["requests"]}
    assert {"northpeak:/payments", "mossbridge:/authorizations"} <= paths
    assert not {"northpeak:/authorizations", "mossbridge:/payments"} & paths


def _reached(page: Page, path: str) -> str:
    return str(page.evaluate(ASKED_FOR, path))


def test_each_plan_says_what_it_offers() -> None:
    assert set(FLOW.facts.offered("NPHP4")) == {"eligibility", "claims", "claim", "payments"}
    assert set(FLOW.facts.offered("MBHC2")) == {"eligibility", "claims", "claim", "authorizations"}
