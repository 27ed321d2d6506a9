"""Cascadia's flow: fetched and rendered pages say the same, and what each costs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

import psutil
import pyotp
import pytest
from playwright.sync_api import Page

from flows.cascadia import FLOW
from harvester import errors
from harvester.flow import Portal
from harvester.model.claim import Claim
from harvester.model.portal import LookupKind
from harvester.model.query import ClaimListQuery, ClaimQuery, ClaimsQuery
from harvester.model.snapshot import Answer, facts
from harvester.reading import Region, pages
from harvester.testing import Ending, FlowContract, Outcome
from harvester.testing.contract import World
from harvester.visit import lookups
from harvester.visit.wire import Troubled
from tests.flows.desk import signed_in, user
from tests.mock_portals import kit as running_kit
from tests.mock_portals.kit import Kit
from tests.road.road import items

COUNT = 20
UNREAD = {"Contract adjustment"}


@pytest.fixture(scope="module")
def kit() -> Iterator[Kit]:
    with running_kit.kit() as running:
        yield running


def secrets(kit: Kit) -> Callable[[str], str]:
    """Return what the first person of the cast knows."""
    person = kit.staff()
    known = {"password": person["password"], "authenticator": pyotp.TOTP(person["totp_secret"]).now()}
    return known.__getitem__


def unread(answer: Answer) -> set[str]:
    """Return the labels of what stands on the page and was not read."""
    assert isinstance(answer, Claim)
    return {entry.path[-1] for entry in answer.unmapped}


def processor_seconds() -> float:
    """CPU that this process and its browser have used, without the portal's."""
    own = psutil.Process(os.getpid())
    ours = [one for one in own.children(recursive=True) if "mock_portals" not in one.cmdline()]
    times = [process.cpu_times() for process in [own, *ours]]
    return sum(time.user + time.system for time in times)


def rendered(self: Portal, page: Page, path: str, query: Mapping[str, str] | None = None) -> Region:
    """Go to the page and read it as it is shown, where the flow would fetch it."""
    page.goto(f"{path}?{urlencode(query)}" if query else path)
    return pages.live(page, self.signs)


@pytest.mark.long
def test_fetched_and_rendered_pages_say_the_same_and_fetching_costs_a_fraction(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    spent: dict[str, float] = {}
    said: dict[str, list[Any]] = {}
    asked = [item.claim_query("CMHP1") for item in items("claims") if item.tin == "007300142"][:COUNT]
    with signed_in(kit, FLOW, user(kit, secrets(kit))) as page:
        found = [lookups.answer(FLOW, page, query) for query in asked]
        known: list[ClaimQuery] = [
            query.model_copy(update={"claim_number": claim.claim_number.value})
            for query, claim in zip(asked, found, strict=True)
            if isinstance(claim, Claim)
        ]
        for way in ("fetched", "rendered"):
            if way == "rendered":
                monkeypatch.setattr(Portal, "fetch", rendered)
            began = processor_seconds()
            said[way] = [facts(lookups.answer(FLOW, page, query)) for query in known]
            spent[way] = (processor_seconds() - began) / len(known)
    assert len(said["fetched"]) == COUNT
    assert set().union(*map(unread, found)) == UNREAD
    assert said["fetched"] == said["rendered"]
    ratio = spent["rendered"] / spent["fetched"]
    fetched_ms, rendered_ms = spent["fetched"] * 1000, spent["rendered"] * 1000
    figure = f"fetched {fetched_ms:.0f} ms, rendered {rendered_ms:.0f} ms, ratio {ratio:.1f}"
    record_property("CPU per claim", figure)
    assert ratio > 2


LISTS: tuple[LookupKind, ...] = ("claims", "claim_list", "claim")


class TestCascadia(FlowContract):
    flow = FLOW
    unread = frozenset(
        {
            *UNREAD,
            "Information as of",
            "Inquiry number",
            "Paid on claims",
            "Provider",
            "Sent",
            "Withheld in all",
        }
    )
    endings: ClassVar = {
        "unavailable": Ending(errors.PortalUnavailable, ours=True),
        "maintenance": errors.PortalUnavailable,
        "locked": dict.fromkeys(("tries", "inactive", "suspended", "removed"), errors.AccountLocked),
        "password_expired": errors.PasswordExpired,
        "password_expires_soon": None,
        "code_rejected": errors.CodeRejected,
        "signin_timed_out": errors.SignedOut,
        "terms": errors.TermsToAccept,
        "unknown_dialog": errors.UnknownDialog,
        "challenge": errors.Challenge,
        "no_practice": Ending(errors.NotAuthorized, "/practice", ours=True),
        "step": {
            "expiring": errors.PasswordExpired,
            "method": errors.FactorToEnroll,
            "recovery": errors.DetailsToConfirm,
        },
        "strange_page": {
            "door": errors.PortalChanged,
            "code": errors.PortalChanged,
            "home": errors.PortalChanged,
            "elsewhere": Ending(errors.PortalChanged, "/whats-new", ours=True),
        },
    }
    troubles: ClassVar = {
        "slow": Outcome(value=200),
        "unavailable": Outcome(errors.PortalUnavailable, inside=True),
        "maintenance": Outcome(errors.PortalUnavailable, inside=True),
        "layout_b": Outcome(),
        "expire_after": Outcome(value=12, kinds=("eligibility", "claims", "claim", "overpayments")),
        "wrong_patient": Outcome(errors.WrongPage, "member_id|claim_number", kinds=("eligibility", "claim")),
        "stale_rows": (
            Outcome(errors.WrongPage, "Results for", "old", ("claims", "claim"), inside=True),
            Outcome(errors.PortalChanged, "Results for", "missing", LISTS, inside=True),
        ),
        "column_swap": (
            Outcome(errors.PortalChanged, "billed", "lines", ("claim",)),
            Outcome(errors.PortalChanged, "billed", "grid", ("claim",)),
            Outcome(errors.PortalChanged, "payments › amount", "lines", ("payments",)),
        ),
        "header_renamed": Outcome(
            errors.PortalChanged, "Member ID", kinds=("eligibility", "claim", "payments", "overpayments")
        ),
        "page_count": (
            Outcome(errors.PortalChanged, "rows", kinds=LISTS),
            Outcome(errors.PortalChanged, "payments", kinds=("payments", "overpayments")),
        ),
        "wrong_amount": (
            Outcome(errors.PortalChanged, "payments › amount", kinds=("payments",)),
            Outcome(errors.WrongPage, "amount", kinds=("remittance_file",)),
        ),
    }

    def test_a_list_of_one_member_is_not_taken_for_everybodys(self, world: World) -> None:
        one = next(query for query in self.queries(world) if isinstance(query, ClaimsQuery))
        everybody = ClaimListQuery.model_validate(one.model_dump(exclude={"kind", "member", "claim_number"}))
        with world.visit(world.owner()) as visit:
            visit.enter()
            assert not isinstance(visit.look(one), Troubled)
            world.portals.trouble("cascadia", "stale_rows", "old")
            found = visit.look(everybody)
        assert isinstance(found, Troubled)
        assert (found.trouble, found.where) == ("WrongPage", "Results for › Member ID")
