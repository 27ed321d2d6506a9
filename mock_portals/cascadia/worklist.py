"""What the practice's own system says of Cascadia's claims and members: the bundled worklist.

Not everything in it is on file at the portal, as in real life.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from mock_portals.book import Book, Member
from mock_portals.cast import BASE_DATE, Cast, Patient
from mock_portals.shown import decimal
from mock_portals.site import Worklist

PAYER = "Cascadia Mutual Health Plan"
APPOINTMENTS = 44

STRANGERS = (
    Member("CMH9000000101", Patient(900, 1, "Nevermore", "Quentin", date(1970, 4, 30), "self"), ()),
    Member("CMH9000000201", Patient(901, 1, "Elsewhither", "Dorothea", date(1988, 9, 12), "self"), ()),
)
"""Patients of the practice whom the plan does not know."""


def unsent(book: Book) -> list[tuple[str, Member]]:
    """Return the claims that never reached the plan: account number, and whose they are."""
    members = (book.members[0], book.members[12], book.members[33], STRANGERS[0])
    return [(str(90101 + place), member) for place, member in enumerate(members)]


def worklist(cast: Cast, book: Book) -> Worklist:
    """Return open claims and coming appointments as a practice-management system exports them."""
    return Worklist(
        sorted(_claims(cast, book), key=lambda row: row["Claim ID"]), list(_appointments(cast, book))
    )


def _person(member: Member) -> dict[str, str]:
    patient = member.patient
    return {
        "Payer": PAYER,
        "Member ID": member.member_id,
        "Patient Last Name": patient.last,
        "Patient First Name": patient.first,
        "DOB": f"{patient.birth_date:%m/%d/%Y}",
    }


def _claims(cast: Cast, book: Book) -> Iterator[dict[str, str]]:
    owners = {member.member_id: cast.staff[i % len(cast.staff)].name for i, member in enumerate(book.members)}
    for file in book.claims:
        if file.worklist:
            yield _row(
                file.account,
                file.member,
                (file.start, file.end),
                file.stages[0].billed,
                file.rendering.npi,
                file.organization.tin,
                file.received - timedelta(days=2),
                owners[file.member.member_id],
            )
    for place, (account, member) in enumerate(unsent(book)):
        day = BASE_DATE - timedelta(days=20 + place)
        provider, organization = cast.providers[place], cast.organizations[0]
        owner = owners.get(member.member_id, cast.staff[0].name)
        sent = day + timedelta(days=2)
        yield _row(account, member, (day, day), 14250, provider.npi, organization.tin, sent, owner)


def _row(
    account: str,
    member: Member,
    days: tuple[date, date],
    billed: int,
    npi: str,
    tin: str,
    sent: date,
    owner: str,
) -> dict[str, str]:
    return {
        "Claim ID": f"C{int(account) + 400000:07d}",
        "Patient Account #": account,
        **_person(member),
        "DOS From": f"{days[0]:%m/%d/%Y}",
        "DOS To": f"{days[1]:%m/%d/%Y}",
        "Billed Amount": decimal(billed),
        "Balance": decimal(billed),
        "Rendering NPI": npi,
        "Tax ID": tin,
        "Submitted": f"{sent:%m/%d/%Y}",
        "Assigned To": owner,
    }


def _appointments(cast: Cast, book: Book) -> Iterator[dict[str, str]]:
    rng = Random(f"appointments {cast.seed}")
    # Everybody whose name somebody else has, and whose coverage is going to move, comes in this week.
    names = [member.patient.name for member in book.members]
    wanted = [m for m in book.members if len(m.covers) > 1 or names.count(m.patient.name) > 1]
    others = [m for m in book.members if m not in wanted]
    coming = [*wanted, *rng.sample(others, APPOINTMENTS - len(STRANGERS) - len(wanted)), *STRANGERS]
    rng.shuffle(coming)
    for place, member in enumerate(coming):
        day = BASE_DATE + timedelta(days=place * 5 // len(coming))
        yield {
            "Appointment": f"A{7100 + place}",
            "Date": f"{day:%m/%d/%Y}",
            "Time": f"{8 + place % 9:02d}:{rng.choice(('00', '15', '30', '45'))}",
            **_person(member),
            "Provider": rng.choice(cast.providers).name,
            "Service": rng.choice(("Office visit", "Physical therapy", "Follow-up", "New patient")),
        }
