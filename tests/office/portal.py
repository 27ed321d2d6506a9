"""A portal in this process: it keeps a log, and its log is the witness."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Self

from harvester import errors
from harvester.model.authorization import Authorization, AuthorizationList
from harvester.model.claim import Claim, PaymentReference
from harvester.model.codes import ClaimStatus, CoverageStatus, PaymentMethod
from harvester.model.eligibility import Coverage, Eligibility
from harvester.model.overpayment import Overpayment, OverpaymentList
from harvester.model.payment import PaidClaim, Payment, PaymentList
from harvester.model.portal import Carrier, Lockout, Policy, PortalFacts, Rules
from harvester.model.query import (
    AboutMember,
    AuthorizationsQuery,
    ClaimQuery,
    EligibilityQuery,
    OverpaymentsQuery,
    PaymentsQuery,
    Query,
    RemittanceFileQuery,
)
from harvester.model.remittance import File, FileType, RemittanceFile
from harvester.model.shown import Shown
from harvester.model.snapshot import Answer, Document
from harvester.model.work import WorkItem
from harvester.office.clock import Clock
from harvester.office.codes import Seed
from harvester.visit.client import StayEnded
from harvester.visit.wire import Answered, Begin, Catalogue, Deny, Entered, GiveSecret, SecretKind, Troubled

PASSWORD = "Rain-on-Cedar-4471"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TODAY = date(2026, 11, 16)
TOMORROW = TODAY + timedelta(days=1)

FACTS = PortalFacts(
    id="cascadia",
    name="Cascadia Provider Portal",
    url="https://portal.cascadia.test",
    carriers=(Carrier(id="CAS01", name="Cascadia Health", aliases=("Cascadia HP",)),),
    policy=Policy.permitted(source="make-believe", checked=date(2026, 11, 1)),
    rules=Rules(lockout=Lockout(after=3), idle=timedelta(minutes=15), at_once=4),
    offers=("eligibility", "claim", "claims"),
)


WHOLE = FACTS.model_copy(
    update={
        "offers": (*FACTS.offers, "payments", "overpayments", "authorizations", "remittance_file"),
        "switches_tin": True,
    }
)
"""The portal where it offers everything."""


def catalogue() -> Catalogue:
    """Return the one portal there is."""
    return Catalogue(portals=(FACTS,))


def whole_catalogue() -> Catalogue:
    """Return the one portal there is, where it offers everything."""
    return Catalogue(portals=(WHOLE,))


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, start: datetime = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)) -> None:
        self.at = start
        self.slept: list[float] = []
        self._looks = 0

    @property
    def clock(self) -> Clock:
        """The clock to inject."""
        return Clock(now=self._now, sleep=self.sleep, synchronised=lambda: True)

    def _now(self) -> datetime:
        self._looks += 1
        assert self._looks < 3000, "somebody waits without sleeping"
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self._looks = 0
        self.slept.append(seconds)
        assert len(self.slept) < 5000, "somebody waits for ever"
        self.at += timedelta(seconds=seconds)


def claim_item(number: int, **other: object) -> WorkItem:
    """Return an open claim of the practice."""
    return WorkItem.model_validate(
        {
            "kind": "claim",
            "payer": "Cascadia Health",
            "member_id": f"CHP{number:06}",
            "patient_last": "Canaryson",
            "patient_first": f"Pat{number}",
            "birth_date": date(1980, 2, 3),
            "patient_account_number": f"ACC{number}",
            "service_from": date(2026, 10, 1),
            "billed": Decimal("120.00"),
        }
        | other
    )


def appointment_item(number: int, day: date, **other: object) -> WorkItem:
    """Return an appointment of the practice."""
    return WorkItem.model_validate(
        {
            "kind": "appointment",
            "payer": "Cascadia Health",
            "member_id": f"CHP{number:06}",
            "patient_last": "Canaryson",
            "patient_first": f"Pat{number}",
            "birth_date": date(1980, 2, 3),
            "service_from": day,
        }
        | other
    )


def page(text: str) -> Document:
    """Return a page as evidence."""
    return Document.of(f"<p>{text}</p>", "/claims")


def claim(query: ClaimQuery, status: ClaimStatus = ClaimStatus.IN_PROCESS, paid: str = "0.00") -> Claim:
    """Return what the portal shows for a claim."""
    settled = status is ClaimStatus.PAID
    return Claim(
        claim_number=Shown.known(f"N-{query.patient_account_number}"),
        patient_account_number=Shown.known(query.patient_account_number),
        member_id=Shown.known(query.member.member_id),
        birth_date=Shown.known(query.member.birth_date),
        status=Shown.known(status, words=status.value),
        billed=Shown.known(Decimal("120.00")),
        paid=Shown.known(Decimal(paid)),
        payment=PaymentReference(method=Shown.known(PaymentMethod.EFT), number=Shown.known("E1"))
        if settled
        else None,
    )


def eligibility(query: EligibilityQuery) -> Eligibility:
    """Return what the portal shows for a member."""
    return Eligibility(
        member_id=Shown.known(query.member.member_id),
        birth_date=Shown.known(query.member.birth_date),
        coverages=(Coverage(status=Shown.known(CoverageStatus.ACTIVE)),),
    )


def payment(number: str = "E1", amount: str = "120.50", issued: date = TODAY, **other: object) -> Payment:
    """Return a payment of one claim."""
    facts: dict[str, object] = {
        "number": Shown.known(number),
        "method": Shown.known(PaymentMethod.EFT),
        "amount": Shown.known(Decimal(amount)),
        "issue_date": Shown.known(issued),
        "claims": (PaidClaim(claim_number=Shown.known("N-1"), paid=Shown.known(Decimal(amount))),),
    }
    return Payment.model_validate(facts | other)


def payments(query: PaymentsQuery, *listed: Payment) -> PaymentList:
    """Return what the portal lists of payments in the days that are asked for."""
    found = tuple(
        one
        for one in listed
        if one.issue_date.value is not None and query.issued_from <= one.issue_date.value <= query.issued_to
    )
    tin = Shown[str].known(query.tin) if query.tin else Shown[str]()
    return PaymentList(tin=tin, payments=found, stated_total=Shown.known(len(found)))


def overpayments(query: OverpaymentsQuery, *listed: Overpayment) -> OverpaymentList:
    """Return what the portal lists of demands."""
    tin = Shown[str].known(query.tin) if query.tin else Shown[str]()
    return OverpaymentList(tin=tin, overpayments=listed, stated_total=Shown.known(len(listed)))


def authorizations(query: AuthorizationsQuery, *listed: Authorization) -> AuthorizationList:
    """Return what the portal lists of a member's authorizations."""
    return AuthorizationList(
        member_id=Shown.known(query.member.member_id),
        birth_date=Shown.known(query.member.birth_date),
        authorizations=listed,
        stated_total=Shown.known(len(listed)),
    )


def remittance(number: str = "E1", amount: str = "120.50", secret: str = "") -> bytes:
    """Return an 835 of one payment."""
    isa = (
        "ISA*00*          *00*          *ZZ*CASCADIA       *ZZ*PRACTICE       "
        "*261102*0900*^*00501*000000001*0*P*:~"
    )
    rest = (
        f"BPR*I*{amount}*C*ACH~TRN*1*{number}*1007300142~NM1*QC*1*{secret}~SE*5*0001~GE*1*1~IEA*1*000000001~"
    )
    return f"{isa}GS*HP*A*B*20261102*0900*1*X*005010X221A1~ST*835*0001~{rest}".encode()


def file(query: RemittanceFileQuery, content: bytes | None = None) -> RemittanceFile:
    """Return the 835 of a payment."""
    content = remittance(query.payment_number, f"{query.amount}") if content is None else content
    return RemittanceFile(
        payment_number=Shown.known(query.payment_number),
        amount=Shown.known(query.amount),
        type=FileType.X12_835,
        file=File.of(content, "remit.835"),
    )


def truth(query: Query) -> Answer:
    """Return what the portal shows when nothing is the matter."""
    match query:
        case ClaimQuery():
            return claim(query)
        case EligibilityQuery():
            return eligibility(query)
        case PaymentsQuery():
            return payments(query, payment())
        case OverpaymentsQuery():
            return overpayments(query)
        case AuthorizationsQuery():
            return authorizations(query)
        case RemittanceFileQuery():
            return file(query)
    raise AssertionError(query.kind)


@dataclass
class Portal:
    """What it knows, what it is told to do wrong, and what it saw."""

    passwords: dict[str, str] = field(default_factory=dict)
    """User name to password; anybody else's is ``PASSWORD``."""
    seed: Seed | None = field(default_factory=lambda: Seed.parse(SEED))
    ahead: timedelta | None = timedelta()
    """By how much its clock is ahead of the practice's, if it tells the time."""
    sends: str | None = None
    """The code that it e-mails, if it does."""
    answers: Callable[[Query], Answer | Troubled | Exception] = truth
    at_the_door: errors.Trouble | None = None
    """Shown after the password."""
    time: Time = field(default_factory=Time)
    sign_ins: list[tuple[str, bool]] = field(default_factory=list)
    codes: list[tuple[str, str]] = field(default_factory=list)
    queries: list[tuple[str, Query]] = field(default_factory=list)
    signed_in: set[str] = field(default_factory=set)
    sign_outs: int = 0
    forgets_to_say: bool = False
    """Whether it does not confirm that somebody signed out."""
    begun: list[Begin] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def stay(
        self,
        begin: Begin,
        *,
        secrets: GiveSecret,
        again: Callable[[Entered], None] = lambda _: None,
        wanted: Callable[[], bool] = lambda: True,
        inherit: tuple[int, ...] = (),
    ) -> InProcessStay:
        """Start a stay."""
        assert inherit, "a stay keeps the account's lock"
        assert wanted()
        self.begun.append(begin)
        return InProcessStay(self, begin, secrets, again)

    def rejected(self, user: str) -> int:
        """How many wrong passwords of a user the portal saw."""
        return self.sign_ins.count((user, False))


class InProcessStay:
    """A stay without a child process."""

    def __init__(
        self,
        portal: Portal,
        begin: Begin,
        secrets: GiveSecret,
        again: Callable[[Entered], None],
    ) -> None:
        self._portal = portal
        self._user = begin.user_name
        self._secrets = secrets
        self._again = again

    @property
    def signed_out(self) -> bool:
        """Whether the portal said so."""
        return self._user not in self._portal.signed_in and not self._portal.forgets_to_say

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._user in self._portal.signed_in:
            self._portal.signed_in.discard(self._user)
            self._portal.sign_outs += 1

    def enter(self) -> Entered:
        """Sign in."""
        password = self._ask("password")
        right = password == self._portal.passwords.get(self._user, PASSWORD)
        with self._portal.lock:
            assert self._user not in self._portal.signed_in, "signed in twice at once"
            self._portal.sign_ins.append((self._user, right))
        if not right:
            raise errors.WrongPassword("User ID or password incorrect")
        if self._portal.at_the_door is not None:
            raise self._portal.at_the_door
        if self._portal.seed is not None:
            code = self._ask("authenticator")
            self._portal.codes.append((self._user, code))
            step = self._portal.seed.step(self._portal.time.at.timestamp())
            if code != self._portal.seed.code(step):
                raise errors.CodeRejected("Code incorrect")
        if self._portal.sends is not None:
            code = self._ask("email")
            self._portal.codes.append((self._user, code))
            if code != self._portal.sends:
                raise errors.CodeRejected("Code incorrect")
        self._portal.signed_in.add(self._user)
        return Entered()

    def sign_in_again(self) -> None:
        """Sign in a second time, as a stay does when the portal ended its session."""
        self._portal.signed_in.discard(self._user)
        self._again(self.enter())

    def look(self, lookup: int, query: Query) -> Answered | Troubled:
        """Answer as the portal would."""
        self._portal.queries.append((self._user, query))
        answer = self._portal.answers(query)
        if isinstance(answer, errors.SignedOut):
            try:
                self.sign_in_again()
            except errors.Trouble as trouble:
                return Troubled(lookup=lookup, trouble=type(trouble).__name__, words=trouble.words)
            answer = truth(query)
        if isinstance(answer, StayEnded):
            self._portal.signed_in.discard(self._user)
            raise answer
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Troubled):
            return answer
        name = query.member.member_id if isinstance(query, AboutMember) else f"{query.kind} {query.tin}"
        name = query.patient_account_number if isinstance(query, ClaimQuery) else name
        return Answered(lookup=lookup, answer=answer, documents=(page(name),), pages=1)

    def _ask(self, kind: SecretKind) -> str:
        ahead = self._portal.ahead
        answer = self._secrets(kind, None if ahead is None else self._portal.time.at + ahead)
        if isinstance(answer, Deny):
            raise errors.named(answer.trouble)(answer.words)
        return answer.value
