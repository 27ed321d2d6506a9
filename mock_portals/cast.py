"""The make-believe practice: its staff, providers and patients, the same at every portal.

Everything is drawn from a seed. Names are invented; tax ids start with 00 (never issued) and NPIs
carry a wrong check digit, so none of them can belong to anybody.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

SEED = 20261116
BASE_DATE = date(2026, 11, 16)
"""Day 0 of every story; the next day is when things change."""

_LAST = (
    "Ferncastle Quillmere Brambleworth Oddlestone Marrowby Thistledown Wexcombe Larkhollow Pennywhistle "
    "Stonebriar Applethwaite Gullhaven Nettlefield Hobbleton Cindermoor Willowmarsh Tanglewick Dovermouse "
    "Copperfen Ravenspool Hazelgrove Mistlebank Puddlecott Goosebury Farthingale Cloverdyke Bellwhistle "
    "Sandpiper-Wren O'Bramble Ångqvist Wintermoth Saltmarsh Underlarch Foxglovely Moonpenny Greycandle"
)
_FIRST = (
    "Odalys Tamsin Corvin Isolde Bertram Zoë Leocadia Fenwick Marigold Thaddeus Ottoline Jasper Winifred "
    "Lucian Perpetua Barnaby Clementine Ignatius Rosalind Evander Philippa Cosmo Araminta Hugo Seraphina "
    "Lysander Beatrix Orson Calliope Linus Henrietta Magnus Tabitha Rufus Eudora Casimir Sunniva Alaric"
)
_PASSWORDS = ("Cobalt-Heron", "Velvet-Anchor", "Maple-Lantern")


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of the practice, with an own sign-in; the secret is for an authenticator app."""

    name: str
    role: str
    user: str
    password: str
    totp_secret: str

    def otpauth(self, issuer: str) -> str:
        """Return the URI that a portal's set-up page shows as a QR code."""
        label = issuer.replace(" ", "%20")
        return f"otpauth://totp/{label}:{self.user}?secret={self.totp_secret}&issuer={label}"


@dataclass(frozen=True, slots=True)
class Provider:
    name: str
    npi: str


@dataclass(frozen=True, slots=True)
class Organization:
    """A billing entity of the practice."""

    name: str
    tin: str
    npi: str
    site_id: str
    """Under which a clearinghouse knows it."""
    ptan: str
    """Under which a Medicare contractor knows it."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as the practice knows the person; ``family`` and ``person`` make the member ids."""

    family: int
    person: int
    last: str
    first: str
    birth_date: date
    relationship: str

    @property
    def name(self) -> str:
        return f"{self.last}, {self.first}"


@dataclass(frozen=True, slots=True)
class Cast:
    seed: int
    practice: str
    organizations: tuple[Organization, ...]
    staff: tuple[Staff, ...]
    providers: tuple[Provider, ...]
    patients: tuple[Patient, ...]
    busy: int = 1
    """How many times as many claims there are as a small practice has."""


def cast(seed: int = SEED, busy: int = 1) -> Cast:
    """Return the practice and its people for a seed, so many times as busy as a small practice."""
    rng = Random(f"cast {seed}")
    practice = "Alder & Finch Medical Group"
    return Cast(
        seed=seed,
        practice=practice,
        organizations=(
            Organization(practice, "00-7300142", _npi(rng), "AF20418", "ZW7142"),
            Organization("Alder & Finch Imaging LLC", "00-7300658", _npi(rng), "AF20655", "ZW7658"),
        ),
        staff=tuple(
            _staff(seed, name, role, words)
            for name, role, words in zip(
                ("Maren Oakhollow", "Deshawn Pepperidge", "Lucia Summerfold"),
                ("Biller", "Front desk", "Billing lead"),
                _PASSWORDS,
                strict=True,
            )
        ),
        providers=tuple(
            Provider(name, _npi(rng))
            for name in (
                "Hollis Fairweather, MD",
                "Ingrid Thornbury, DO",
                "Amadou Lightfoot, PT",
                "Petra Winslowe, NP",
            )
        ),
        patients=tuple(_patients(rng)),
        busy=busy,
    )


def _staff(seed: int, name: str, role: str, words: str) -> Staff:
    first, last = name.split()
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return Staff(
        name=name,
        role=role,
        user=(first[0] + last).lower(),
        password=f"{words}-{1000 + digest[-1] * 31 % 9000}",
        totp_secret=base64.b32encode(digest[:20]).decode(),
    )


def _npi(rng: Random) -> str:
    """Return ten digits whose check digit is wrong by Luhn over 80840 + the first nine."""
    nine = "1" + "".join(rng.choices("0123456789", k=8))
    total = 0
    for place, digit in enumerate(reversed("80840" + nine)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    right = -total % 10
    return f"{nine}{(right + rng.randint(1, 9)) % 10}"


def _patients(rng: Random) -> list[Patient]:
    """72 people in families; two pairs share a name, with another member id and birth date each."""
    last_names, first_names = _LAST.split(), _FIRST.split()
    rng.shuffle(last_names)
    rng.shuffle(first_names)
    patients: list[Patient] = []
    family = 0
    while len(patients) < 70:
        last = last_names[family % len(last_names)]
        size = (1, 3, 1, 2, 1, 1, 4, 1)[family % 8]
        for person in range(1, min(size, 70 - len(patients)) + 1):
            first = first_names[(len(patients) * 7 + family) % len(first_names)]
            years = rng.randint(27, 79) if person < 3 else rng.randint(3, 17)
            born = date(2026 - years, 1, 1) + timedelta(days=rng.randint(0, 364))
            relationship = "self" if person == 1 else "spouse" if person == 2 else "child"
            patients.append(Patient(family, person, last, first, born, relationship))
        family += 1
    for twin in (patients[4], patients[20]):
        # Born on the same day and month, years apart: only the whole date tells them apart.
        born = date(twin.birth_date.year - 4, twin.birth_date.month, min(twin.birth_date.day, 28))
        patients.append(Patient(family, 1, twin.last, twin.first, born, "self"))
        family += 1
    return patients
