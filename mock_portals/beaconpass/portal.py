"""BeaconPass and the sites behind it, as one portal of the kit."""

from __future__ import annotations

from datetime import date
from functools import cache

from mock_portals import remits
from mock_portals.beaconpass import doors, mossbridge, northpeak
from mock_portals.beaconpass.broker import NO_ACCESS, Broker
from mock_portals.beaconpass.payer import both, of, on_file, whose
from mock_portals.beaconpass.target import RELAY_LOST, Mossbridge, Northpeak, requests
from mock_portals.book import Member
from mock_portals.cast import Cast
from mock_portals.served import person
from mock_portals.shown import Json, text, truth, us_date
from mock_portals.site import Pages, Portal, Rules, Site
from mock_portals.troubles import (
    CODE_REJECTED,
    COLUMN_SWAP,
    HEADER_RENAMED,
    LAYOUT_B,
    LOCKED,
    PAGE_COUNT,
    PASSWORD_EXPIRED,
    SIGNIN_TIMED_OUT,
    STALE_ROWS,
    STEP,
    STRANGE,
    TERMS,
    WRONG_PATIENT,
)
from mock_portals.worklist.rows import Export, strangers

PLANS = {payer.site: payer for payer in (northpeak.PAYER, mossbridge.PAYER)}
TROUBLES = (
    LOCKED.of(*doors.LOCKED),
    CODE_REJECTED.of("wrong", "expired"),
    SIGNIN_TIMED_OUT,
    STEP.of(*doors.STEPS, *doors.NORTHPEAK_STEPS),
    STRANGE.of("door", "home", "elsewhere", *PLANS),
    NO_ACCESS,
    PASSWORD_EXPIRED,
    TERMS.of(True, "mossbridge"),
    WRONG_PATIENT,
    STALE_ROWS,
    COLUMN_SWAP,
    HEADER_RENAMED,
    PAGE_COUNT,
    LAYOUT_B,
    RELAY_LOST,
)


def _payer(member: Member) -> str:
    return PLANS[whose(member)].name


def _carrier(member: Member) -> dict[str, Json]:
    return {"carrier": PLANS[whose(member)].id}


def _known(member: Member) -> Json:
    known = person(member)
    assert isinstance(known, dict)
    return known | _carrier(member)


def _export(cast: Cast) -> Export:
    return Export(cast, both(cast), _payer, strangers(""), "B", ("B", "P"), folder="beaconpass")


@cache
def _truth(cast: Cast, day: date) -> Json:
    """Return what the pages show on a day, from the books and not from the pages."""
    export, book = _export(cast), both(cast)
    link = of(cast, "northpeak")
    return {
        "portal": "beaconpass",
        "date": day.isoformat(),
        "members": [person(member) for member in book.members],
        "eligibilities": [
            truth({"of": _carrier(member)} | PLANS[whose(member)].eligibility(member, member.on(day), day))
            for member in book.members
        ],
        "claims": [
            truth({"of": _carrier(file.member)} | PLANS[whose(file.member)].claim(file, stage, day))
            for file, stage in on_file(book, day, None)
        ],
        "payments": [
            truth(northpeak.payment(remit))
            for organization in cast.organizations
            for remit in remits.remits(link, organization, day)
        ],
        "authorizations": [
            truth(mossbridge.authorization(*pair))
            for member in book.members
            for pair in requests(cast, member, day)
        ],
        "overpayments": [],
        "remittance_files": [],
        "lists": _lists(cast, day),
        "not_on_file": {
            "members": [_known(member) for member in export.strangers],
            "claims": [
                {"patient_account_number": account, "member_id": member.member_id, **_carrier(member)}
                for account, member in export.unsent
            ],
        },
    }


def _lists(cast: Cast, day: date) -> Json:
    """Return what stands beside a list: of what day it is, and whose."""
    payments: list[Json] = [
        truth(
            {
                "kind": "payments",
                "of": {"carrier": northpeak.PAYER.id, "tin": organization.tin.replace("-", "")},
                "tin": text(organization.tin),
                "as_of": us_date(day),
            }
        )
        for organization in cast.organizations
    ]
    requests: list[Json] = [
        truth(
            {
                "kind": "authorizations",
                "of": {"carrier": mossbridge.PAYER.id, "member_id": member.member_id},
                "member_id": text(member.member_id),
                "member_name": mossbridge.name(member.patient),
                "birth_date": mossbridge.day(member.patient.birth_date),
                "as_of": mossbridge.day(mossbridge.PAYER.as_of(day)),
            }
        )
        for member in of(cast, "mossbridge").members
    ]
    return [*payments, *requests]


def _open(site: Site) -> Pages:
    broker = Broker(site)
    link = Northpeak(site.sites["northpeak"], broker.handovers)
    room = Mossbridge(site.sites["mossbridge"], broker.handovers)

    def told(day: date) -> Json:
        return _truth(site.world.cast, day)

    sites = {
        "northpeak": link.pages(
            told,
            unavailable=("Provider Link is not there", "Northpeak's systems are not reachable right now."),
            maintenance=("Northpeak is being serviced", "Provider Link is closed for service until 6 a.m."),
        ),
        "mossbridge": room.pages(
            told,
            unavailable=("Sorry", "The Practice Room cannot be reached at the moment."),
            maintenance=("Upkeep tonight", "The Practice Room is closed for upkeep until morning."),
        ),
    }
    return Pages(
        app=broker.app,
        truth=told,
        notices=broker.pages(
            told,
            unavailable=("BeaconPass is down", "BeaconPass is not available. Please come back in a while."),
            maintenance=("BeaconPass maintenance", "BeaconPass is closed for maintenance until 5 a.m."),
        ).notices,
        sites=sites,
    )


PORTAL = Portal(
    id="beaconpass",
    name="BeaconPass sign-in",
    about=(
        "A sign-in broker in front of two regional plans: password, then a code by e-mail for "
        "the one and from the authenticator for the other."
    ),
    rules=Rules(
        cookie="bp_session",
        idle_seconds=60 * 60,
        attempts=2,
        lock_seconds=10 * 60,
        reading_posts=frozenset({"/signin", "/verify/northpeak", "/verify/mossbridge"}),
    ),
    troubles=TROUBLES,
    open=_open,
    worklist=lambda cast: _export(cast).worklist,
    sites={
        "northpeak": Rules(
            cookie="npl_sid", idle_seconds=10 * 60, attempts=2, reading_posts=frozenset({"/coverage"})
        ),
        "mossbridge": Rules(
            cookie="mossroom", idle_seconds=15 * 60, attempts=2, reading_posts=frozenset({"/eligibility"})
        ),
    },
)
