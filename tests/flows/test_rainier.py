"""RainierCare's flow keeps the contract."""

from __future__ import annotations

from typing import ClassVar

from flows.rainier import FLOW
from harvester import errors
from harvester.testing import Ending, FlowContract, Outcome
from tests.flows.test_rainier_pages import UNREAD


class TestRainier(FlowContract):
    flow = FLOW
    unread = frozenset().union(*UNREAD.values())
    endings: ClassVar = {
        "unavailable": Ending(errors.PortalUnavailable, ours=True),
        "maintenance": errors.PortalUnavailable,
        "locked": dict.fromkeys(("tries", "inactive", "delegate", "terminated"), errors.AccountLocked),
        "password_expired": errors.PasswordExpired,
        "code_rejected": errors.CodeRejected,
        "signin_timed_out": errors.SignedOut,
        "terms": errors.TermsToAccept,
        "challenge": errors.Challenge,
        "security_question": errors.Challenge,
        "step": {
            "expiring": errors.PasswordExpired,
            "method": errors.FactorToEnroll,
            "email": errors.DetailsToConfirm,
            "attestation": errors.TermsToAccept,
        },
        "strange_page": {
            "door": errors.PortalChanged,
            "code": errors.PortalChanged,
            "home": errors.PortalChanged,
            "elsewhere": Ending(errors.PortalChanged, "/whats-new", ours=True),
        },
    }
    troubles: ClassVar = {
        "slow": Outcome(value=50, kinds=("claim",)),
        "unavailable": Outcome(errors.PortalUnavailable, inside=True),
        "maintenance": Outcome(errors.PortalUnavailable, inside=True),
        "terms": Outcome(errors.TermsToAccept, inside=True),
        "challenge": Outcome(errors.Challenge, inside=True),
        "expire_after": Outcome(value=15, kinds=("eligibility", "claim")),
        "role_missing": (
            Outcome(errors.NotAuthorized, "/claims/search", "claims", ("claim",)),
            Outcome(errors.NotAuthorized, "/members/eligibility", "eligibility,payments", ("eligibility",)),
            Outcome(errors.NotAuthorized, "/payments", "payments", ("payments",)),
            Outcome(errors.NotAuthorized, "/authorizations", "authorizations", ("authorizations",)),
        ),
        "layout_b": Outcome(kinds=("claim", "eligibility", "authorizations", "payments")),
        "wrong_patient": (
            Outcome(
                errors.WrongPage, "Member ID|member_id", kinds=("claim", "eligibility", "authorizations")
            ),
            Outcome(errors.WrongPage, "Coordination of benefits", "cob", ("eligibility",)),
        ),
        "stale_rows": (
            Outcome(errors.WrongPage, "Search criteria", "old", ("claim",), inside=True),
            Outcome(errors.PortalChanged, "Search criteria", "missing", ("claim",), inside=True),
        ),
        "column_swap": tuple(
            Outcome(errors.PortalChanged, "billed", value, ("claim",)) for value in ("lines", "grid", "both")
        ),
        "header_renamed": Outcome(errors.PortalChanged, "Member ID", kinds=("claim", "eligibility")),
        "page_count": (
            Outcome(errors.PortalChanged, "rows", 2, ("claim",)),
            Outcome(errors.PortalChanged, "authorizations", 2, ("authorizations",)),
            Outcome(errors.PortalChanged, "payments", 2, ("payments",)),
        ),
        "ex_redefined": Outcome(kinds=("eligibility",)),
    }
