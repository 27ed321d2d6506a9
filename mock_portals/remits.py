"""A payer's payments with what they pay and withhold, and the files that go with them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mock_portals.book import Book, ClaimFile, Demand, Payment, Stage
from mock_portals.cast import Organization
from mock_portals.shown import Json, decimal


@dataclass(frozen=True, slots=True)
class Remit:
    """A payment and the claims on it, each as it stood when it was paid."""

    payment: Payment
    organization: Organization
    claims: tuple[tuple[ClaimFile, Stage], ...]


def remits(book: Book, organization: Organization, day: date) -> list[Remit]:
    """Return the payments to an organization that the payer's files have on a day, newest first."""
    found: dict[str, list[tuple[ClaimFile, Stage]]] = {}
    payments: dict[str, Payment] = {}
    for file in book.claims:
        if file.organization != organization:
            continue
        for stage in {one.payment.number: one for one in file.stages if one.payment}.values():
            assert stage.payment is not None
            if stage.payment.since <= day:
                payments[stage.payment.number] = stage.payment
                found.setdefault(stage.payment.number, []).append((file, stage))
    return [
        Remit(payment, organization, tuple(found[number]))
        for number, payment in sorted(payments.items(), key=lambda one: (one[1].issued, one[0]), reverse=True)
    ]


def awaiting(book: Book, organization: Organization, day: date) -> list[tuple[ClaimFile, Stage]]:
    """Return the claims that are approved on a day and not paid yet."""
    now = [(file, file.on(day)) for file in book.claims if file.organization == organization]
    return [(file, stage) for file, stage in now if stage and stage.status == "approved_awaiting_payment"]


def demands(book: Book, organization: Organization, day: date) -> list[Demand]:
    """Return what is demanded of an organization on a day, newest letter first."""
    wanted = [one for one in book.demands if one.claim.organization == organization and one.demanded <= day]
    return sorted(wanted, key=lambda one: (one.demanded, one.reference), reverse=True)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a demand is on a day, in cents; a cycle is the week from Monday."""

    before: int
    now: int
    refunded: int
    payment: str | None
    """The payment of this cycle that was withheld from."""


def progress(demand: Demand, day: date) -> Progress:
    """Return what came back before this cycle, in it, and from the provider."""
    cycle = day - timedelta(days=day.weekday())
    back = demand.back(day)
    own = [one for one in back if one.payment]
    now = [one for one in own if one.on >= cycle]
    return Progress(
        before=sum(one.cents for one in own if one.on < cycle),
        now=sum(one.cents for one in now),
        refunded=sum(one.cents for one in back if one.payment is None),
        payment=now[-1].payment if now else None,
    )


def advice(remit: Remit, payer: str, payer_id: str) -> str:
    """Return a payment as an 835 (5010 X221A1), a segment a line."""
    payment, to = remit.payment, remit.organization
    stamp, day = f"{payment.issued:%y%m%d}", f"{payment.issued:%Y%m%d}"
    tin = to.tin.replace("-", "")
    control = f"{int.from_bytes(payment.number.encode()) % 10**9:09d}"
    segments = [
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{payer_id:<15}*ZZ*{tin:<15}*{stamp}*0700*^*00501*{control}*0*T*:",
        f"GS*HP*{payer_id}*{tin}*{day}*0700*{int(control)}*X*005010X221A1",
    ]
    body = [
        "ST*835*0001",
        f"BPR*I*{decimal(payment.cents)}*C*{payment.method}************{day}",
        f"TRN*1*{payment.number}*1{payer_id}",
        f"DTM*405*{day}",
        f"N1*PR*{payer.upper()}",
        "N3*1 MAKE BELIEVE WAY",
        "N4*NOWHERE*WA*98000",
        f"N1*PE*{to.name.upper()}*XX*{to.npi}",
        f"REF*TJ*{tin}",
        "LX*1",
    ]
    for file, stage in remit.claims:
        body += _claim_segments(file, stage)
    if payment.withheld:
        parts = "".join(f"*{one.reason}:{one.reference}*{decimal(one.cents)}" for one in payment.withheld)
        body.append(f"PLB*{to.npi}*{payment.issued.year}1231{parts}")
    segments += [*body, f"SE*{len(body) + 1}*0001", f"GE*1*{int(control)}", f"IEA*1*{control}"]
    return "".join(f"{segment}~\n" for segment in segments)


def _claim_segments(file: ClaimFile, stage: Stage) -> Iterator[str]:
    patient = file.member.patient
    status = "1" if stage.status != "denied" else "4"
    amounts = "*".join(decimal(cents) for cents in (stage.billed, stage.paid, stage.owed))
    yield f"CLP*{file.account}*{status}*{amounts}*12*{file.number}*11*1"
    yield f"NM1*QC*1*{patient.last.upper()}*{patient.first.upper()}****MI*{file.member.member_id}"
    yield f"DTM*232*{file.start:%Y%m%d}"
    yield f"DTM*233*{file.end:%Y%m%d}"
    for line in stage.lines:
        code = ":".join(("HC", line.procedure, *line.modifiers))
        yield f"SVC*{code}*{decimal(line.billed)}*{decimal(line.paid or 0)}**{line.units}"
        yield f"DTM*472*{line.start:%Y%m%d}"
        for one in line.adjustments:
            if one.cents:
                yield f"CAS*{one.group}*{one.reason}*{decimal(one.cents)}"


def packed(content: bytes, name: str) -> dict[str, Json]:
    """Return a file as the truth tells it."""
    return {
        "name": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "packed": base64.b64encode(content).decode(),
    }


def pdf(lines: Sequence[str]) -> bytes:
    """Return a one-page PDF with these lines in ASCII, in Courier."""
    shown = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in lines]
    drawn = "BT /F1 9 Tf 11 TL 40 760 Td " + " ".join(f"({line}) Tj T*" for line in shown) + " ET"
    stream = drawn.encode("ascii", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + end + trailer
