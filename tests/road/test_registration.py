"""A portal that wants software registered, on the whole road; the portal's own log is the witness."""

from __future__ import annotations

from pathlib import Path

from harvester.exchange.worklists import read_worklist
from harvester.office import accounts, plan, policy, worklist
from harvester.office.sweep import SweepReport
from harvester.visit.wire import Context
from tests.mock_portals.kit import Kit
from tests.office import alone
from tests.office.conftest import Office
from tests.road.road import TODAY, PortalTime, catalogue

CLAIMS = Path(__file__).parents[2] / "mock_portals" / "worklist" / "rainier" / "claims.csv"


def swept(kit: Kit) -> SweepReport:
    clock = PortalTime(str(kit.control.base_url).rstrip("/")).clock
    return alone.swept(today=TODAY, catalogue=catalogue, clock=clock, waits=())


def test_nothing_reaches_the_portal_before_it_is_registered_nor_after_it_is_forbidden(
    portals: Kit, office: Office
) -> None:
    kit, ana = portals.at("rainier"), office.person()
    kit.post("/reset")
    facts = next(one for one in catalogue().portals if one.id == "rainier")
    staff = kit.staff()
    accounts.set_address("rainier", kit.portals["rainier"]["url"])
    accounts.add(
        portal="rainier",
        owner=ana,
        user_name=staff["user"],
        password=staff["password"],
        seed=staff["totp_secret"],
        context=Context(tin="007300142"),
        sweep_consent=TODAY,
    )
    items = read_worklist(CLAIMS, today=TODAY).items[:2]
    worklist.import_items(items, source="claims.csv", catalogue=catalogue())

    assert "registered first" in swept(kit).waiting[0].reason
    assert kit.log()["requests"] == kit.log()["sign_ins"] == []

    policy.register(facts, "RC-SW-0417", by=ana)
    assert swept(kit).counts["looked_up"] == len(items) + plan.WATCHED, "claims, and payments of their tax id"
    log = kit.log()
    assert [entry["result"] for entry in log["sign_ins"]] == ["accepted"]
    assert log["mutations"] == []
    assert len(log["sign_outs"]) == 1

    policy.forbid(facts, "provider manual of 2026-11, chapter 4", by=ana)
    worklist.import_items(
        read_worklist(CLAIMS, today=TODAY).items[2:4], source="claims.csv", catalogue=catalogue()
    )
    assert "its terms forbid software" in swept(kit).waiting[0].reason
    assert kit.log()["requests"] == log["requests"]
