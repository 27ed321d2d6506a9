"""What people and monitoring systems are told while stays go on."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from harvester.model.query import Query
from harvester.model.snapshot import Answer
from harvester.office import attempts, lookups, sweep, worklist
from harvester.office.metrics import metrics
from harvester.office.models import Account, Lookup, Stay
from harvester.office.plan import Urgency
from harvester.office.status import Status, status
from harvester.office.stays import Terms
from tests.office import alone
from tests.office.conftest import Office
from tests.office.portal import FACTS, TODAY, TOMORROW, Portal, catalogue, claim_item, truth


@pytest.fixture
def portal() -> Portal:
    return Portal()


def follow(count: int) -> None:
    worklist.import_items(map(claim_item, range(count)), source="test.csv", catalogue=catalogue())


def now(portal: Portal) -> Status:
    terms = Terms(today=TODAY, stay=portal.stay, clock=portal.time.clock)
    return status({FACTS.id: FACTS}, terms)


def test_before_anything_nothing_waits(office: Office, portal: Portal) -> None:
    office.account()
    found = now(portal)
    assert (found.sweep, found.accounts, found.workers, found.looked_up) == (None, (), (), 0)


def test_a_stay_is_seen_while_it_goes_on(either: Office, portal: Portal) -> None:
    either.account()
    follow(3)
    seen: list[Status] = []

    def answers(query: Query) -> Answer:
        seen.append(now(portal))
        return truth(query)

    portal.answers = answers
    alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    (account,) = seen[1].accounts
    assert account.stay is not None
    assert (account.stay.doing, account.stay.done, account.stay.total) == ("signed_in", 1, 3)
    assert (account.waiting, account.why, seen[1].looked_up) == (2, "", 1)
    assert (now(portal).accounts, now(portal).looked_up) == ((), 3)


def test_what_waits_says_why(either: Office, portal: Portal) -> None:
    account = either.account()
    follow(2)
    sweep.begin(TODAY, catalogue(), clock=portal.time.clock)
    assert [one.why for one in now(portal).accounts] == ["they wait for their turn"]
    attempts.hold(account, attempts.HELD, words="mine", by=account.owner, clock=portal.time.clock)
    assert [(one.waiting, one.why) for one in now(portal).accounts] == [(2, "the account is on hold")]


def test_a_stay_whose_process_died_is_not_shown_as_signed_in(either: Office, portal: Portal) -> None:
    account = either.account()
    follow(1)
    sweep.begin(TODAY, catalogue(), clock=portal.time.clock)
    Stay.objects.create(account=account, began=portal.time.clock.now())
    assert [one.stay for one in now(portal).accounts] == [None]


def test_what_waits_of_a_sweep_is_called_off_and_asked_again_by_the_next(
    either: Office, portal: Portal
) -> None:
    account = either.account()
    other = either.account("ben")
    follow(4)
    sweep.begin(TODAY, catalogue(), clock=portal.time.clock)
    asker = lookups.Asker(TODAY, "Ana asked", Urgency.PERSON_WAITS, person=account.owner)
    lookups.lookup(claim_item(9).claim_query("CAS01"), account, asker).save()
    assert sweep.cancel(account.owner, portal="elsewhere") == 0
    assert sweep.cancel(account.owner, portal="cascadia", user_name="BEN.user") == 2
    assert set(Lookup.objects.filter(state="cancelled").values_list("account", flat=True)) == {other.pk}
    assert sweep.cancel(account.owner) == 2
    report = alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    assert (report.counts["looked_up"], Lookup.objects.filter(state="waiting").count()) == (4, 0)


def test_counters_are_openmetrics_and_name_nobody(either: Office, portal: Portal) -> None:
    either.account()
    follow(3)
    alone.swept(today=TODAY, stay=portal.stay, catalogue=catalogue, clock=portal.time.clock)
    attempts.hold(Account.objects.get(), attempts.HELD, words="mine", by=None, clock=portal.time.clock)
    follow(5)
    sweep.begin(TOMORROW, catalogue(), clock=portal.time.clock)
    Lookup.objects.filter(state="waiting").delete()
    account = Account.objects.get()
    asker = lookups.Asker(TODAY, "Ana asked", Urgency.PERSON_WAITS, person=account.owner)
    lookups.lookup(claim_item(9).claim_query("CAS01"), account, asker).save()
    said = metrics(portal.time.clock)
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(said)  # type: ignore[no-untyped-call]
        for sample in family.samples
    }
    assert samples["harvester_lookups_total", "answered", "cascadia", "claim"] == 3
    assert samples["harvester_lookups_waiting", "cascadia", "person"] == 1
    assert samples["harvester_accounts_held", "HeldByPerson", "cascadia"] == 1
    assert samples["harvester_stays_total", "cascadia", "none"] == 1
    assert samples["harvester_workers",] == 0
    for canary in ("Canaryson", "CHP", "ana", "ACC"):
        assert canary not in said.casefold().replace("cascadia", "")
