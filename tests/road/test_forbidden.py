"""A portal that is recorded as forbidding software, on the whole road; the portal's log is the witness."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import DatabaseError

from harvester.exchange.worklists import read_worklist
from harvester.model.portal import Policy, PortalFacts
from harvester.model.query import ClaimQuery
from harvester.office import accounts, policy, sweep, worklist
from harvester.office.models import Account, Person, PortalTerms
from harvester.visit.wire import Catalogue, Context
from tests.mock_portals.kit import Kit
from tests.office import alone
from tests.office.conftest import Office
from tests.road.road import TODAY, PortalTime, catalogue

CLAIMS = Path(__file__).parents[2] / "mock_portals" / "worklist" / "statecomp" / "claims.csv"
REASON = "its terms forbid software (provider agreement SC-11 of 2026-12, section 9)"


@pytest.fixture
def kit(portals: Kit) -> Kit:
    portals.post("/reset")
    return portals.at("statecomp")


@pytest.fixture
def facts() -> PortalFacts:
    return next(one for one in catalogue().portals if one.id == "statecomp")


def hired(kit: Kit, person: Person, index: int) -> Account:
    """Give a person an account of the cast, which the sweep may use."""
    staff = kit.staff(index)
    return accounts.add(
        portal="statecomp",
        owner=person,
        user_name=staff["user"],
        password=staff["password"],
        seed=staff["totp_secret"],
        context=Context(tin="007300142"),
        sweep_consent=TODAY,
    )


def asked(facts: PortalFacts, place: int) -> ClaimQuery:
    item = read_worklist(CLAIMS, today=TODAY).items[place]
    found = facts.carrier_named(item.payer)
    assert found is not None
    return item.claim_query(found.id)


def test_nothing_reaches_a_portal_once_it_is_forbidden_and_no_switch_opens_it_again(
    kit: Kit, facts: PortalFacts, office: Office
) -> None:
    ana, ben = office.person("ana"), office.person("ben")
    accounts.set_address("statecomp", kit.portals["statecomp"]["url"])
    account = hired(kit, ana, 0)
    clock = PortalTime(str(kit.control.base_url).rstrip("/")).clock
    look = partial(sweep.lookup_now, today=TODAY, catalogue=catalogue, clock=clock)
    sweeping = partial(alone.swept, today=TODAY, catalogue=catalogue, clock=clock, waits=())
    assert look(asked(facts, 0), ana).answer is not None
    before = kit.log()
    assert [entry["result"] for entry in before["sign_ins"]] == ["accepted"]

    policy.forbid(facts, "provider agreement SC-11 of 2026-12, section 9", by=ana)
    items = read_worklist(CLAIMS, today=TODAY).items[1:4]
    worklist.import_items(items, source="claims.csv", catalogue=catalogue())

    sentence = f"{facts.name} is not asked: {REASON}"

    def refused() -> None:
        swept, looked = sweeping(), look(asked(facts, 5), ana)
        assert {one.reason for one in swept.waiting} == {sentence}
        assert swept.counts["looked_up"] == 0
        assert (looked.answer, looked.reason) == (None, sentence)
        assert kit.log()["requests"] == before["requests"]
        assert kit.log()["sign_ins"] == before["sign_ins"]

    refused()
    switches: tuple[Callable[[], object], ...] = (
        lambda: (accounts.hold(account, by=ana), accounts.release(account, by=ana)),
        lambda: accounts.replace(account, by=ana, password=kit.staff(0)["password"]),
        lambda: accounts.set_address("statecomp", kit.portals["statecomp"]["url"]),
        lambda: hired(kit, ben, 1),
    )
    for switch in switches:
        switch()
        refused()
    assert look(asked(facts, 6), ben).reason == sentence
    with pytest.raises(policy.PolicyError):
        policy.register(facts, "REG-1", by=ana)
    with pytest.raises(DatabaseError):
        PortalTerms.objects.all().delete()
    with pytest.raises(DatabaseError):
        PortalTerms.objects.update(words="permitted after all")
    # A newer flow that says that it is permitted is no permission either, on any day.
    later = TODAY + timedelta(days=30)
    permitted = Policy.permitted(source="agreement of 2027", checked=later)
    newer = Catalogue(portals=(facts.model_copy(update={"policy": permitted}),))
    alone.swept(today=later, catalogue=lambda: newer, clock=clock, waits=())
    assert kit.log()["requests"] == before["requests"]
    assert policy.objection(newer.portals[0], later) == REASON
