"""Payments, demands, authorizations and files at the keyboard."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harvester.model.authorization import Authorization, AuthorizedService, Letter
from harvester.model.codes import (
    PROCEDURE,
    PROVIDER_ADJUSTMENT,
    AuthorizationStatus,
    Code,
    OverpaymentStatus,
    PaymentStatus,
    Unit,
)
from harvester.model.overpayment import Overpayment
from harvester.model.payment import PaidClaim, ProviderAdjustment
from harvester.model.query import AuthorizationsQuery, OverpaymentsQuery, PaymentsQuery, Query
from harvester.model.shown import Shown
from harvester.model.snapshot import Answer
from harvester.office import engine, sweep, worklist
from harvester.visit import client
from harvester.visit.wire import Catalogue
from tests.office import alone
from tests.office.conftest import Office, office, template  # noqa: F401 - fixtures
from tests.office.portal import (
    TODAY,
    TOMORROW,
    WHOLE,
    Portal,
    appointment_item,
    authorizations,
    claim_item,
    overpayments,
    payment,
    payments,
    remittance,
    truth,
    whole_catalogue,
)
from tests.test_cli import MEMBER, ran

DAY = ("--today", str(TODAY))
CARRIER = ("--carrier", "Cascadia Health")
K = Shown.known


def amount(said: str) -> Shown[Decimal]:
    return K(Decimal(said))


def answered(query: Query) -> Answer:
    """Answer with something to show of every kind."""
    match query:
        case PaymentsQuery():
            adjustment = ProviderAdjustment(
                reason=K(Code(system=PROVIDER_ADJUSTMENT, code="WO")),
                reference=K("DM-1"),
                amount=amount("20.00"),
            )
            claims = tuple(
                PaidClaim(
                    claim_number=K(f"26110200{n}"),
                    patient_account_number=K(f"ACC{n}"),
                    service_from=K(TODAY),
                    billed=amount("150.00"),
                    paid=amount("70.25"),
                )
                for n in range(2)
            )
            return payments(
                query,
                payment(status=K(PaymentStatus.CLEARED), claims=claims, provider_adjustments=(adjustment,)),
            )
        case OverpaymentsQuery():
            return overpayments(
                query,
                Overpayment(
                    reference=K("DM-1"),
                    claim_number=K("261015001"),
                    status=K(OverpaymentStatus.RECOVERING),
                    demand_date=K(TODAY),
                    reason=K("Paid twice"),
                    amount=amount("1300.00"),
                    recovered_before=amount("100.00"),
                    recovered_now=amount("20.00"),
                    refunded=Shown.none("--"),
                    balance=amount("1180.00"),
                ),
            )
        case AuthorizationsQuery():
            line = AuthorizedService(
                number=K("1"),
                procedure=K(Code(system=PROCEDURE, code="97110")),
                status=K(AuthorizationStatus.APPROVED),
                unit=K(Unit.VISITS),
                approved=K(Decimal(12)),
                used=K(Decimal(10)),
            )
            return authorizations(
                query,
                Authorization(
                    number=K("A1"),
                    reference=K("R1"),
                    kind=K("Authorization"),
                    status=K(AuthorizationStatus.APPROVED),
                    servicing_provider=K("Amadou Lightfoot, PT"),
                    effective_date=K(TODAY),
                    expiration_date=K(TOMORROW),
                    unit=K(Unit.VISITS),
                    approved=K(Decimal(12)),
                    used=K(Decimal(10)),
                    remaining=K(Decimal(2)),
                    lines=(line,),
                    letters=(Letter(name=K("Approval"), sent_date=K(TODAY)),),
                ),
            )
    return truth(query)


@pytest.fixture
def money(office: Office, monkeypatch: pytest.MonkeyPatch) -> Portal:  # noqa: F811
    """A portal in this process that offers everything, and a worklist."""
    portal = Portal(answers=answered)
    here: dict[str, Any] = {"stay": portal.stay, "catalogue": whole_catalogue, "clock": portal.time.clock}
    monkeypatch.setattr(engine, "swept", partial(alone.swept, **here))
    monkeypatch.setattr(sweep, "lookup_now", partial(sweep.lookup_now, **here))
    monkeypatch.setattr(client, "catalogue", whole_catalogue)
    office.account()
    items = [claim_item(1), appointment_item(2, TODAY)]
    worklist.import_items(items, source="test.csv", catalogue=whole_catalogue())
    return portal


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (("payments", *CARRIER), ("EFT E1", "120.50", "withheld for overpayment recovery DM-1: 20.00")),
        (("payments", *CARRIER, "--number", "E1"), ("payment E1", "26110200")),
        (("overpayments", *CARRIER), ("DM-1", "1,180.00", "recovering", "Paid twice")),
        (("authorizations", *CARRIER, *MEMBER), ("A1", "12", "97110", "Approval", "Amadou Lightfoot, PT")),
    ],
)
@pytest.mark.usefixtures("money")
def test_one_lookup_for_a_person_who_waits(command: tuple[str, ...], shown: tuple[str, ...]) -> None:
    done = ran("lookup", *command, "--json", *DAY)
    assert done.code == 0, done.err
    assert done.json["state"] == "answered"
    assert done.json["snapshot"]["answer"]["kind"] == command[0]
    said = ran("lookup", *command, *DAY)
    assert all(len(line) <= 100 for line in said.out.splitlines()[1:])
    number = done.json["snapshot"]["id"]
    told = ran("snapshots", "show", str(number))
    assert all(words in told.out for words in shown), told.out
    assert all(len(line) <= 100 for line in told.out.splitlines()), told.out


def test_a_file_is_fetched_and_saved_for_a_person(money: Portal, tmp_path: Path) -> None:
    money.answers = truth
    fetch = ("lookup", "remittance", *CARRIER, "--number", "E1", *DAY)
    assert "no payment e1 of cas01 was looked up yet" in ran(*fetch).sentence.casefold()
    ran("lookup", "payments", *CARRIER, *DAY)
    done = ran(*fetch, "--json")
    assert done.code == 0, done.err
    answer, number = done.json["snapshot"]["answer"], done.json["snapshot"]["id"]
    assert (answer["file"]["packed"], answer["file"]["size"]) == ("", len(remittance()))
    path = tmp_path / "remit.835"
    assert "835 of payment E1" in ran("snapshots", "show", str(number)).out
    saved = ran("snapshots", "save-file", str(number), str(path), "--json")
    assert saved.json["sha256"] == answer["file"]["sha256"]
    assert path.read_bytes() == remittance()
    assert path.stat().st_mode & 0o777 == 0o600
    again = ran("snapshots", "save-file", str(number), str(path))
    assert "is there already" in again.sentence
    other = ran("snapshots", "save-file", str(number), str(tmp_path / "b"))
    assert "the 835 of payment E1" in other.out
    assert ran("snapshots", "save-file", "1", str(tmp_path / "c")).sentence.startswith("Snapshot 1 is not")
    assert not (tmp_path / "c").exists()


def test_a_morning_tells_of_money_and_lists_it(money: Portal) -> None:
    done = ran("sweep", *DAY)
    assert done.code == 0, done.out
    assert "wanted back: overpayment DM-1" in " ".join(done.out.split())
    money.answers = lambda query: (
        payments(query, payment(), payment("E2", "9.00"))
        if isinstance(query, PaymentsQuery)
        else answered(query)
    )
    ran("sweep", "--today", str(TOMORROW))
    listed = ran("snapshots", "list")
    assert f"payments {TODAY}–{TODAY}" in listed.out
    assert all(len(line) <= 100 for line in listed.out.splitlines()), listed.out
    stories = ran("snapshots", "diff", "--json").json["stories"]
    kinds = {change["kind"] for story in stories for change in story["changes"]}
    assert {"payment", "withheld", "file"} <= kinds
    assert "EFT E2" in " ".join(ran("snapshots", "diff").out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("payments", *CARRIER, "--from", "2026-12-01"), "the last day of issue is before the first"),
        (("payments", "--carrier", "Nobody"), "no installed flow knows the carrier"),
        (("payments", *CARRIER, "--number", " "), "--number cannot be used"),
        (("remittance", "--carrier", "Nobody", "--number", "E1"), "no installed flow knows the carrier"),
    ],
)
@pytest.mark.usefixtures("money")
def test_a_lookup_that_cannot_be_is_one_sentence(arguments: tuple[str, ...], said: str) -> None:
    assert said in ran("lookup", *arguments, *DAY).sentence.casefold()


def test_an_account_is_refused_before_its_password_where_something_is_missing(
    money: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    needy = Catalogue(portals=(WHOLE.model_copy(update={"needs": ("organisation", "ptan")}),))
    monkeypatch.setattr(client, "catalogue", lambda: needy)
    asked = ("account", "add", "cascadia", "u", "--owner", "ana", "--tin", "00-7300142", "--from-stdin")
    assert "add --organisation and --ptan" in ran(*asked).sentence
    assert "add --ptan" in ran(*asked, "--organisation", "S-1").sentence
    given = ran(*asked, "--organisation", "S-1", "--ptan", "P1", stdin="a password\n")
    assert given.code == 0, given.err
    assert not money.sign_ins
