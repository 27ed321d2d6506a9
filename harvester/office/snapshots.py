"""What comes back is kept here, or refused; each answer and its row's new state in one transaction.

The child process read the page and checked it; here it is checked once more against the question,
because a stay is not trusted: an answer about somebody else never becomes data.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from uuid import uuid4

from django.db import transaction
from pydantic import TypeAdapter

from harvester.errors import PortalChanged
from harvester.model.authorization import AuthorizationList
from harvester.model.claim import Claim, ClaimList
from harvester.model.codes import CoverageStatus, OverpaymentStatus
from harvester.model.eligibility import Eligibility
from harvester.model.overpayment import OverpaymentList
from harvester.model.payment import PaymentList
from harvester.model.query import (
    AboutMember,
    AuthorizationsQuery,
    ClaimListQuery,
    ClaimQuery,
    ClaimsQuery,
    EligibilityQuery,
    Member,
    OverpaymentsQuery,
    PaymentsQuery,
    Query,
    RemittanceFileQuery,
)
from harvester.model.remittance import RemittanceFile
from harvester.model.shown import Shown
from harvester.model.snapshot import Answer, Document, Outcome, facts
from harvester.office import audit
from harvester.office.clock import Clock
from harvester.office.keys import keys
from harvester.office.models import Attachment, AuditRow, Evidence, Lookup, Sighting, Snapshot
from harvester.office.plan import NOTHING, RECEIVED
from harvester.office.vault import Slot
from harvester.visit import checks
from harvester.visit.wire import Answered, Troubled

MOST_TRIES = 3
"""A lookup that ended its stay so often is not tried again by itself."""

LARGEST_PAGE = 20_000_000
"""Bytes of HTML."""

_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
_CENT = Decimal("0.01")
_LARGEST = Decimal(10) ** 10
_OWED = (
    OverpaymentStatus.RECOVERING,
    OverpaymentStatus.OPEN,
    OverpaymentStatus.DISPUTED,
    OverpaymentStatus.CLOSED,
)
"""The status of several demands is the first of these that one of them has."""
_REFUSALS = {
    "WrongPage": Outcome.IDENTITY_MISMATCH,
    "PortalChanged": Outcome.LAYOUT_UNRECOGNIZED,
}


def keep(row: Lookup, query: Query, answered: Answered, *, day: date, clock: Clock) -> Lookup.State:
    """Store an answer and end its row.

    An answer with the facts of the subject's last snapshot becomes a sighting of it. One that is not
    about what was asked is refused, with its pages as evidence.
    """
    if (field := mistaken(query, answered.answer)) is not None:
        wrong = Troubled(
            lookup=row.pk,
            trouble="WrongPage",
            words="the answer is about somebody or something else than asked",
            where=f"office: {field}",
            documents=answered.documents,
        )
        return refuse(row, query, wrong, day=day, clock=clock)
    answer, documents = answered.answer, answered.documents
    found = _outcome(answer)
    if isinstance(query, ClaimListQuery) and isinstance(answer, ClaimList):
        # It says which claims to open: what is kept of it is that it was read.
        found = Outcome.FOUND if answer.rows else Outcome.NOT_FOUND
        answer, documents = ClaimList(as_of=answer.as_of), ()
    with transaction.atomic(durable=True):
        if _ended(row, Lookup.State.ANSWERED, outcome=found, day=day, clock=clock):
            _audited(row, query, found, _add(row, answer, found, documents, clock), clock)
    return Lookup.State.ANSWERED


def keep_nothing(row: Lookup, query: Query, troubled: Troubled, *, day: date, clock: Clock) -> Lookup.State:
    """Store that the portal has nothing under the query, or several: that is an answer as well."""
    outcome = Outcome.NOT_FOUND if troubled.trouble == "NotOnFile" else Outcome.FOUND_MULTIPLE
    with transaction.atomic(durable=True):
        if _ended(row, Lookup.State.ANSWERED, outcome=outcome, day=day, clock=clock, troubled=troubled):
            _audited(row, query, outcome, _add(row, None, outcome, troubled.documents, clock), clock)
    return Lookup.State.ANSWERED


def refuse(row: Lookup, query: Query, troubled: Troubled, *, day: date, clock: Clock) -> Lookup.State:
    """End a row whose page is not as the flow knows it: evidence, and no data."""
    outcome = _REFUSALS.get(troubled.trouble, Outcome.LAYOUT_UNRECOGNIZED)
    with transaction.atomic(durable=True):
        if _ended(row, Lookup.State.REFUSED, outcome=outcome, day=day, clock=clock, troubled=troubled):
            _keep_pages(row, troubled.documents, clock, refused=True)
            _audited(row, query, outcome, row, clock)
    return Lookup.State.REFUSED


def fail(row: Lookup, query: Query, troubled: Troubled, *, day: date, clock: Clock) -> Lookup.State:
    """End a row on a defect of this software; its pages are kept for whoever mends it."""
    with transaction.atomic(durable=True):
        if _ended(row, Lookup.State.FAILED, outcome=Outcome.ABORTED, day=day, clock=clock, troubled=troubled):
            _keep_pages(row, troubled.documents, clock, refused=True)
            _audited(row, query, Outcome.ABORTED, row, clock)
    return Lookup.State.FAILED


def try_again(row: Lookup, query: Query, troubled: Troubled, *, day: date, clock: Clock) -> Lookup.State:
    """Let the row wait, unless it has ended its stay too often."""
    if row.tries + 1 >= MOST_TRIES and troubled.trouble == "StayEnded":
        return fail(row, query, troubled, day=day, clock=clock)
    Lookup.objects.filter(pk=row.pk, state=Lookup.State.WAITING).update(
        stay=row.stay_id,
        tries=row.tries + 1,
        trouble=troubled.trouble,
        sealed_words=_sealed_words(row, troubled),
    )
    return Lookup.State.WAITING


def mistaken(query: Query, answer: Answer) -> str | None:
    """Return the field in which the answer is not about what was asked, or ``None``.

    Every identifying field that the page shows must be the one asked for, and at least one must be
    shown; an empty list of claims names nobody and is taken.
    """
    match query, answer:
        case (ClaimsQuery(), ClaimList()):
            return _different([("member_id", row.member_id, query.member.member_id) for row in answer.rows])
        case (ClaimListQuery(), ClaimList()):
            return _refused(partial(checks.claim_list, answer, query))
        case (PaymentsQuery(), PaymentList()):
            return _refused(partial(checks.payment_list, answer, query))
        case (OverpaymentsQuery(), OverpaymentList()):
            return _refused(partial(checks.overpayment_list, answer, query))
        case (AuthorizationsQuery(), AuthorizationList()):
            return _refused(partial(checks.authorization_list, answer, query))
        case (RemittanceFileQuery(), RemittanceFile()):
            return _refused(partial(checks.remittance_file, answer, query))
        case (ClaimQuery(), Claim()):
            # A claim that took the place of the one asked for has a number of its own and the same account.
            followed = query.claim_number in answer.follows and answer.patient_account_number.value
            number = answer.claim_number.value if followed else query.claim_number
            return _different(
                [
                    ("claim_number", answer.claim_number, number),
                    ("patient_account_number", answer.patient_account_number, query.patient_account_number),
                    *_member(query.member, answer),
                ],
                somebody=True,
            )
        case (EligibilityQuery(), Eligibility()):
            return _different(_member(query.member, answer), somebody=True)
    return "kind"


def answer(snapshot: Snapshot) -> Answer | None:
    """Open what the portal answered; ``None`` where it had nothing on file."""
    if snapshot.sealed_answer is None:
        return None
    return _ANSWER.validate_json(keys().open(bytes(snapshot.sealed_answer), _answer_slot(snapshot)))


def content(snapshot: Snapshot) -> bytes:
    """Open the bytes of a payment's file; they are for a person, and nothing here reads them."""
    attachment = Attachment.objects.get(snapshot=snapshot)
    return keys().open(bytes(attachment.sealed_content), _content_slot(attachment))


def last(subject: str) -> Snapshot | None:
    """Return the newest snapshot of a subject."""
    return Snapshot.objects.filter(subject=subject).order_by("-pk").first()


def last_found(subject: str) -> Snapshot | None:
    """Return the newest snapshot of a subject that has an answer."""
    found = Snapshot.objects.filter(subject=subject, sealed_answer__isnull=False)
    return found.order_by("-pk").first()


def before(snapshot: Snapshot) -> Snapshot | None:
    """Return the snapshot of the same subject before this one."""
    return Snapshot.objects.filter(subject=snapshot.subject, pk__lt=snapshot.pk).order_by("-pk").first()


def of(row: Lookup) -> Snapshot | None:
    """Return the snapshot that holds the row's answer: its own, or the one it saw again."""
    if (own := Snapshot.objects.filter(lookup=row).first()) is not None:
        return own
    return Snapshot.objects.filter(sightings__lookup=row).first()


def words(row: Lookup) -> tuple[str, str]:
    """Return the portal's words and where the trouble was; both empty where there was none."""
    if row.sealed_words is None:
        return "", ""
    said, where = json.loads(keys().open(bytes(row.sealed_words), _words_slot(row)))
    return said, where


def page(evidence: Evidence) -> Document:
    """Open a page that was kept."""
    gzipped = keys().open(bytes(evidence.sealed_page), _page_slot(evidence, "page"))
    path = keys().open(bytes(evidence.sealed_path), _page_slot(evidence, "path"))
    return Document(sha256=evidence.sha256, path=path.decode(), gzipped=gzipped.decode())


def _ended(
    row: Lookup,
    state: Lookup.State,
    *,
    outcome: Outcome,
    day: date,
    clock: Clock,
    troubled: Troubled | None = None,
) -> bool:
    """End the row; ``False`` where another process ended it first, and nothing is to be stored."""
    changed = Lookup.objects.filter(pk=row.pk, state=Lookup.State.WAITING).update(
        state=state,
        outcome=outcome,
        day=day,
        done_at=clock.now(),
        stay=row.stay_id,
        tries=row.tries + 1,
        trouble=troubled.trouble if troubled else "",
        sealed_words=_sealed_words(row, troubled) if troubled else None,
    )
    return changed == 1


def _add(
    row: Lookup, answer: Answer | None, outcome: Outcome, documents: Sequence[Document], clock: Clock
) -> Snapshot | Sighting:
    """Store what the portal answered, and return it."""
    content = b""
    if isinstance(answer, RemittanceFile):
        content = answer.file.content
        answer = answer.model_copy(update={"file": answer.file.model_copy(update={"packed": ""})})
    as_of = None if answer is None or isinstance(answer, RemittanceFile) else answer.as_of.value
    digest = keys().hashed("facts", outcome, json.dumps(facts(answer), sort_keys=True))
    known = last(row.subject)
    if known is not None and known.digest == digest:
        return Sighting.objects.create(snapshot=known, lookup=row, at=clock.now(), as_of=as_of)
    snapshot = Snapshot(
        uuid=uuid4(),
        lookup=row,
        item_id=row.item_id,
        kind=row.kind,
        portal=row.portal,
        carrier=row.carrier,
        subject=row.subject,
        captured_at=clock.now(),
        as_of=as_of,
        outcome=outcome,
        status=_status(answer, outcome),
        digest=digest,
    )
    if isinstance(answer, Claim):
        snapshot.billed, snapshot.paid = _cents(answer.billed.value), _cents(answer.paid.value)
    if isinstance(answer, RemittanceFile):
        snapshot.paid = _cents(answer.amount.value)
    if answer is not None:
        snapshot.sealed_answer = keys().seal(answer.model_dump_json().encode(), _answer_slot(snapshot))
    snapshot.save(force_insert=True)
    if isinstance(answer, RemittanceFile):
        _attach(snapshot, answer, content)
    _keep_pages(row, documents, clock, refused=False)
    return snapshot


def _audited(
    row: Lookup, query: Query, outcome: Outcome, kept: Snapshot | Sighting | Lookup, clock: Clock
) -> None:
    audit.record(
        AuditRow.Action.LOOKED_UP,
        kept,
        by=row.requested_by,
        account=row.account,
        member=query.member.member_id if isinstance(query, AboutMember) else "",
        stay=row.stay_id,
        result=outcome.value,
        clock=clock,
    )


def _attach(snapshot: Snapshot, answer: RemittanceFile, content: bytes) -> None:
    attachment = Attachment(uuid=uuid4(), snapshot=snapshot, type=answer.type, size=len(content))
    attachment.sealed_content = keys().seal(content, _content_slot(attachment))
    attachment.save(force_insert=True)


def _keep_pages(row: Lookup, documents: Sequence[Document], clock: Clock, *, refused: bool) -> None:
    for document in {document.sha256: document for document in documents}.values():
        if not _genuine(document):
            continue
        evidence = Evidence(uuid=uuid4(), lookup=row, sha256=document.sha256, refused=refused, at=clock.now())
        evidence.sealed_path = keys().seal(document.path.encode(), _page_slot(evidence, "path"))
        evidence.sealed_page = keys().seal(document.gzipped.encode(), _page_slot(evidence, "page"))
        evidence.save(force_insert=True)


def _genuine(document: Document) -> bool:
    """Whether a page is what its hash says, and no larger than a page is; a stay is not trusted."""
    unpacked = zlib.decompressobj(wbits=31)
    try:
        html = unpacked.decompress(b64decode(document.gzipped, validate=True), LARGEST_PAGE)
    except (ValueError, zlib.error):
        return False
    return unpacked.eof and hashlib.sha256(html).hexdigest() == document.sha256


def _outcome(answer: Answer) -> Outcome:
    """Return how a lookup ended; only of claims are several a question to a person."""
    match answer:
        case ClaimList() if len(answer.rows) > 1:
            return Outcome.FOUND_MULTIPLE
        case ClaimList(rows=()) | PaymentList(payments=()):
            return Outcome.NOT_FOUND
        case OverpaymentList(overpayments=()) | AuthorizationList(authorizations=()):
            return Outcome.NOT_FOUND
    return Outcome.FOUND


def _status(answer: Answer | None, outcome: Outcome) -> str:
    match answer:
        case Claim():
            return answer.normalized_status
        case Eligibility():
            shown = [
                coverage.status.value for coverage in answer.coverages if coverage.status.value is not None
            ]
            return (
                CoverageStatus.ACTIVE
                if CoverageStatus.ACTIVE in shown
                else (shown[0] if shown else "unknown")
            )
        case (
            OverpaymentList(overpayments=()) | PaymentList(payments=()) | AuthorizationList(authorizations=())
        ):
            return NOTHING
        case OverpaymentList():
            owed = [demand.status.value for demand in answer.overpayments]
            return next((status for status in _OWED if status in owed), "unknown")
        case AuthorizationList(authorizations=(one,)):
            return one.status.value or "unknown"
        case RemittanceFile():
            return RECEIVED
    return outcome


_Pair = tuple[str, Shown[str] | Shown[date], str | None]


def _member(member: Member, answer: Eligibility | Claim) -> list[_Pair]:
    return [
        ("member_id", answer.member_id, member.member_id),
        ("birth_date", answer.birth_date, member.birth_date.isoformat()),
    ]


def _refused(check: Callable[[], None]) -> str | None:
    """Return the field by which an answer is refused here as the stay has to refuse it."""
    try:
        check()
    except PortalChanged as trouble:
        return trouble.where
    return None


def _different(pairs: Sequence[_Pair], *, somebody: bool = False) -> str | None:
    """Return the field that shows something else than wanted; ``somebody``: one has to be shown."""
    if somebody and not any(shown.value is not None and wanted is not None for _, shown, wanted in pairs):
        return "nobody is named"
    for name, shown, wanted in pairs:
        if shown.value is not None and wanted is not None and _plain(str(shown.value)) != _plain(wanted):
            return name
    return None


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def _cents(amount: Decimal | None) -> Decimal | None:
    """Return the amount as its column holds it; the exact one is in the answer."""
    return None if amount is None or abs(amount) >= _LARGEST else amount.quantize(_CENT)


def _sealed_words(row: Lookup, troubled: Troubled) -> bytes:
    return keys().seal(json.dumps([troubled.words, troubled.where]).encode(), _words_slot(row))


def _answer_slot(snapshot: Snapshot) -> Slot:
    return Slot("snapshot", str(snapshot.uuid), "answer")


def _words_slot(row: Lookup) -> Slot:
    return Slot("lookup", str(row.uuid), "words")


def _page_slot(evidence: Evidence, field: str) -> Slot:
    return Slot("evidence", str(evidence.uuid), field)


def _content_slot(attachment: Attachment) -> Slot:
    return Slot("attachment", str(attachment.uuid), "content")
