"""What the practice's own system says of a payer's claims and members: the rows of its exports.

Not everything in them is on file at the portal, as in real life.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, zip_longest
from random import Random

from mock_portals.book import Book, ClaimFile, Member
from mock_portals.cast import BASE_DATE, Cast, Patient
from mock_portals.shown import decimal
from mock_portals.site import Worklist

APPOINTMENTS = 44


def strangers(prefix: str) -> tuple[Member, Member]:
    """Return patients of the practice whom the payer does not know."""
    return (
        Member(f"{prefix}9000000101", Patient(900, 1, "Nevermore", "Quentin", date(1970, 4, 30), "self"), ()),
        Member(
            f"{prefix}9000000201", Patient(901, 1, "Elsewhither", "Dorothea", date(1988, 9, 12), "self"), ()
        ),
    )


def _in_turn(lists: Iterable[Sequence[ClaimFile]]) -> Iterator[ClaimFile]:
    return (one for each in zip_longest(*lists) for one in each if one is not None)


@dataclass(frozen=True)
class Export:
    """The practice's system as far as one portal's payers go.

    ``series`` is what account numbers start with, ``letters`` what claim ids and appointments do. Of the
    payers' claims it follows ``most``, some of every story, and a third as many appointments.
    """

    cast: Cast
    book: Book
    payer: Callable[[Member], str]
    strangers: Sequence[Member]
    series: str = ""
    letters: tuple[str, str] = ("C", "A")
    folder: str = ""
    most: int = 36

    @property
    def unsent(self) -> list[tuple[str, Member]]:
        """The claims that never reached the payer: account number, and whose they are."""
        members = (*(self.book.members[at] for at in (0, 12, 33)), self.strangers[0])
        return [(f"{self.series}{90101 + place}", member) for place, member in enumerate(members)]

    @property
    def worklist(self) -> Worklist:
        """Open claims and coming appointments as a practice-management system exports them."""
        claims = sorted(self._claims(), key=lambda row: row["Claim ID"])
        return Worklist(claims, list(self._appointments()), self.folder)

    def _person(self, member: Member) -> dict[str, str]:
        patient = member.patient
        return {
            "Payer": self.payer(member),
            "Member ID": member.member_id,
            "Patient Last Name": patient.last,
            "Patient First Name": patient.first,
            "DOB": f"{patient.birth_date:%m/%d/%Y}",
        }

    def _claims(self) -> Iterator[dict[str, str]]:
        staff, members = self.cast.staff, self.book.members
        owners = {member.member_id: staff[i % len(staff)].name for i, member in enumerate(members)}
        for file in self._followed():
            yield self._row(
                file.account,
                file.member,
                (file.start, file.end),
                file.stages[0].billed,
                file.rendering.npi,
                file.organization.tin,
                file.received - timedelta(days=2),
                owners[file.member.member_id],
            )
        for place, (account, member) in enumerate(self.unsent):
            day = BASE_DATE - timedelta(days=20 + place)
            provider, organization = self.cast.providers[place], self.cast.organizations[0]
            owner = owners.get(member.member_id, staff[0].name)
            sent = day + timedelta(days=2)
            yield self._row(account, member, (day, day), 14250, provider.npi, organization.tin, sent, owner)

    def _followed(self) -> list[ClaimFile]:
        """Return what the practice follows: of each payer in turn a claim of every story, then a second."""
        payers: dict[str, dict[tuple[str, ...], list[ClaimFile]]] = {}
        for file in self.book.claims:
            if file.worklist:
                stories = payers.setdefault(self.payer(file.member), {})
                stories.setdefault(tuple(stage.status for stage in file.stages), []).append(file)
        return list(islice(_in_turn([list(_in_turn(own.values())) for own in payers.values()]), self.most))

    def _row(
        self,
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
            "Claim ID": f"{self.letters[0]}{int(account.removeprefix(self.series)) + 400000:07d}",
            "Patient Account #": account,
            **self._person(member),
            "DOS From": f"{days[0]:%m/%d/%Y}",
            "DOS To": f"{days[1]:%m/%d/%Y}",
            "Billed Amount": decimal(billed),
            "Balance": decimal(billed),
            "Rendering NPI": npi,
            "Tax ID": tin,
            "Submitted": f"{sent:%m/%d/%Y}",
            "Assigned To": owner,
        }

    def _appointments(self) -> Iterator[dict[str, str]]:
        rng = Random(f"{self.folder}appointments {self.cast.seed}")
        # Everybody whose name somebody else has, and whose coverage is going to move, comes in this week.
        members = self.book.members
        names = [member.patient.name for member in members]
        wanted = [m for m in members if len(m.covers) > 1 or names.count(m.patient.name) > 1]
        others = [m for m in members if m not in wanted]
        known = min(APPOINTMENTS, self.most // 3) - len(self.strangers)
        wanted += rng.sample(others, max(0, known - len(wanted)))
        coming = [*wanted[:known], *self.strangers]
        rng.shuffle(coming)
        for place, member in enumerate(coming):
            day = BASE_DATE + timedelta(days=place * 5 // len(coming))
            yield {
                "Appointment": f"{self.letters[1]}{7100 + place}",
                "Date": f"{day:%m/%d/%Y}",
                "Time": f"{8 + place % 9:02d}:{rng.choice(('00', '15', '30', '45'))}",
                **self._person(member),
                "Provider": rng.choice(self.cast.providers).name,
                "Service": rng.choice(("Office visit", "Physical therapy", "Follow-up", "New patient")),
            }
