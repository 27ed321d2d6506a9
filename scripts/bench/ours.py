"""The product as it is: a stay in a child process, with guard and egress, asked one thing at a time."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import pyotp

from harvester.model.claim import Claim
from harvester.model.query import ClaimQuery, Member, Query
from harvester.model.snapshot import Answer, facts
from harvester.visit.client import Stay
from harvester.visit.wire import Answered, Begin, Context, Deny, Secret, SecretKind
from scripts.bench.job import Found, Job, contestant, now
from scripts.bench.records import Record, shown

CARRIER = "CMHP1"


def begin(job: Job) -> Begin:
    """Return how the stay begins."""
    context = Context(tin=job.tin.replace("-", ""))
    return Begin(portal=job.portal, user_name=job.user, context=context, address=job.address)


def stay(job: Job) -> Stay:
    """Return a stay of the job's person, who has the password and the authenticator at hand."""

    def secrets(kind: SecretKind, told: datetime | None, _number: str = "") -> Secret | Deny:
        if kind == "password":
            return Secret(value=job.password)
        return Secret(value=pyotp.TOTP(job.seed).at(told) if told else job.code)

    return Stay(begin(job), secrets=secrets)


def asked(claim: Mapping[str, str], tin: str) -> ClaimQuery:
    """Return the question for a claim whose number is known."""
    last, _, first = claim["patient_name"].partition(", ")
    birth_date = datetime.strptime(claim["birth_date"], "%m/%d/%Y").date()  # noqa: DTZ007 - a day has no zone
    service_from, service_to = (
        datetime.strptime(claim[name], "%m/%d/%Y").date()  # noqa: DTZ007
        for name in ("service_from", "service_to")
    )
    return ClaimQuery(
        carrier=CARRIER,
        tin=tin.replace("-", ""),
        member=Member(member_id=claim["member_id"], last_name=last, first_name=first, birth_date=birth_date),
        claim_number=claim["claim_number"],
        patient_account_number=claim["patient_account_number"],
        service_from=service_from,
        service_to=service_to,
        billed=Decimal(claim["billed"].lstrip("$").replace(",", "")),
    )


def answer(open_stay: Stay, number: int, query: Query) -> Answer:
    """Look one thing up, or end with a sentence where there was trouble instead."""
    reply = open_stay.look(number, query)
    if not isinstance(reply, Answered):
        sys.exit(f"The stay could not look it up: {reply.trouble} {reply.words} {reply.where}")
    return reply.answer


def record(found: Answer) -> Record:
    """Return the record of a claim that was read."""
    assert isinstance(found, Claim)
    return shown(facts(found))


def work(job: Job) -> Found:
    """Read the claims in one stay."""
    with stay(job) as open_stay:
        open_stay.enter()
        entered = now()
        queries = [asked(claim, job.tin) for claim in job.claims]
        claims = [record(answer(open_stay, at, query)) for at, query in enumerate(queries)]
        finished = now()
    return Found(claims, entered, finished)


if __name__ == "__main__":
    contestant(work)
