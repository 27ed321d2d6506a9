"""Harborline's flow: a hub in a frame, whose forms, columns and words differ from payer to payer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from flows.harborline import FLOW
from flows.harborline.carriers import CARRIERS
from harvester import errors
from harvester.model.claim import ClaimList
from harvester.model.portal import LookupKind
from harvester.model.query import ClaimQuery, ClaimsQuery, Member, Query
from harvester.testing import Ending, FlowContract, Outcome
from harvester.testing.contract import World
from harvester.testing.truth import Comparison

ONE: tuple[LookupKind, ...] = ("eligibility",)
LIST: tuple[LookupKind, ...] = ("claims",)
DETAIL: tuple[LookupKind, ...] = ("claim",)

POSTED = "path => fetch(path, {method: 'POST', body: '{}'}).then(() => 'sent', () => 'blocked')"


class TestHarborline(FlowContract):
    flow = FLOW
    driven = True
    most = 2
    unread = frozenset(
        {"Amount", "Issue date", "Method", "Organization", "Payee", "Transaction ID", "Type"}
        # What was asked, which the form and the echo say once more.
        | {"Coverage date", "Date of birth", "Issued from", "Issued to", "Member ID"}
        | {"Participant birth date", "Payer", "Service date", "Tax ID"}
    )
    endings: ClassVar = {
        "unavailable": Ending(errors.PortalUnavailable, ours=True),
        "maintenance": errors.PortalUnavailable,
        "locked": dict.fromkeys(("tries", "inactive", "shared"), errors.AccountLocked),
        "password_expired": errors.PasswordExpired,
        "code_rejected": errors.CodeRejected,
        "signin_timed_out": errors.SignedOut,
        "terms": errors.TermsToAccept,
        "step": {
            "unusual": errors.Challenge,
            "expiring": errors.PasswordExpired,
            "enroll": errors.FactorToEnroll,
            "email": errors.DetailsToConfirm,
        },
        "strange_page": dict.fromkeys(("door", "code", "home"), errors.PortalChanged),
    }
    troubles: ClassVar = {
        "slow": Outcome(value=20, kinds=ONE),
        "unavailable": Outcome(errors.PortalUnavailable, inside=True, kinds=ONE),
        "maintenance": Outcome(errors.PortalUnavailable, inside=True, kinds=DETAIL),
        "expire_after": Outcome(value=40, kinds=("eligibility", "claim")),
        "no_role": Outcome(errors.NotAuthorized, kinds=ONE),
        "survey": Outcome(kinds=ONE),
        "unknown_dialog": Outcome(errors.UnknownDialog, kinds=ONE),
        "still_working": (
            Outcome(value=5, kinds=ONE),
            Outcome(errors.PortalUnavailable, value=99, kinds=LIST),
        ),
        "payer_down": Outcome(errors.PortalUnavailable, kinds=("eligibility", "payments")),
        "silent_expiry": Outcome(errors.SignedOut, kinds=LIST, inside=True),
        "dropped_digits": Outcome(errors.PortalChanged, "[Dd]ate", kinds=ONE),
        "new_word": Outcome(kinds=("claim",), unreadable="status"),
        "layout_b": Outcome(kinds=("eligibility", "claim")),
        "wrong_patient": Outcome(errors.WrongPage, "member_id|claim_number", kinds=("eligibility", "claim")),
        "stale_rows": (
            Outcome(errors.WrongPage, "Your search", "old", LIST, inside=True),
            Outcome(errors.PortalChanged, "Your search", "missing", LIST, inside=True),
        ),
        "column_swap": (
            Outcome(errors.PortalChanged, "billed", "lines", DETAIL),
            Outcome(errors.PortalChanged, "billed", "grid", DETAIL),
        ),
        "header_renamed": Outcome(errors.PortalChanged, "Member ID|Subscriber|Participant", kinds=ONE),
        "page_count": Outcome(
            errors.PortalChanged, "rows|payments|authorizations", kinds=("claims", "payments")
        ),
    }

    def queries(self, world: World) -> Iterator[Query]:
        """Ask for a claim whose amounts tell columns apart first."""
        tin = world.context.tin
        claim = next(
            one
            for one in world.truth["claims"]
            if one["of"]["tin"] == tin
            and one["paid"]["value"] not in (None, "0.00", one["billed"]["value"])
            and one.get("replaced_by", {}).get("state") != "known"
        )
        people = {one["member_id"]: one for one in world.truth["members"]}
        yield ClaimQuery(
            carrier=claim["of"]["carrier"],
            member=Member.model_validate(people[claim["member_id"]["value"]]),
            patient_account_number=claim["patient_account_number"]["value"],
            service_from=claim["service_from"]["value"],
            service_to=claim["service_to"]["value"],
            tin=tin,
        )
        yield from super().queries(world)

    def test_a_long_list_is_scrolled_and_turned_to_its_end(self, world: World) -> None:
        comparison, lengths = Comparison(), {}
        members = {one["member_id"]: one for one in world.truth["members"]}
        with world.visit(world.owner()) as visit:
            visit.enter()
            for carrier in ("KWHA1", "GLAS2"):
                owners = [
                    one["member_id"]["value"]
                    for one in world.truth["claims"]
                    if one["of"]["carrier"] == carrier
                ]
                query = ClaimsQuery(
                    carrier=carrier,
                    member=Member.model_validate(members[max(owners, key=owners.count)]),
                    service_from=date(2026, 1, 1),
                    service_to=date(2026, 11, 16),
                    tin=world.context.tin,
                )
                listed = visit.compare(query, comparison)
                assert isinstance(listed, ClaimList)
                lengths[carrier] = len(listed.rows)
        assert comparison.differences == []
        assert lengths["KWHA1"] > 20
        assert lengths["GLAS2"] > 10

    def test_words_belong_to_their_carrier(self) -> None:
        tables = [dict(at.labels["claim"])["status"] for at in CARRIERS.values()]
        assert len({str(table) for table in tables}) == len(CARRIERS)

    def test_the_guard_lets_no_decoy_through_and_the_device_stays_untrusted(self, world: World) -> None:
        with world.visit(world.owner()) as visit:
            visit.enter()
            page = world.browser.contexts[-1].pages[0]
            for path in ("claims/1/dispute", "claims/1/attachments", "survey", "sign-in/trust"):
                assert page.evaluate(POSTED, f"/api/{path}") == "blocked"
        assert world.log["mutations"] == []
