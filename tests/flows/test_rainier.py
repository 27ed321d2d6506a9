"""RainierCare's flow keeps the contract."""

from __future__ import annotations

from typing import ClassVar

from flows.rainier import FLOW
from harvester import errors
from harvester.testing import FlowContract, Outcome
from tests.flows.test_rainier_pages import UNREAD


class TestRainier(FlowContract):
    flow = FLOW
    unread = frozenset().union(*UNREAD.values())
    troubles: ClassVar = {
        "slow": Outcome(value=50, kinds=("claim",)),
        "unavailable": (Outcome(errors.PortalUnavailable), Outcome(errors.PortalUnavailable, inside=True)),
        "maintenance": (Outcome(errors.PortalUnavailable), Outcome(errors.PortalUnavailable, inside=True)),
        "locked": Outcome(errors.AccountLocked),
        "password_expired": Outcome(errors.PasswordExpired),
        "terms": (Outcome(errors.TermsToAccept), Outcome(errors.TermsToAccept, inside=True)),
        "challenge": (Outcome(errors.Challenge), Outcome(errors.Challenge, inside=True)),
        "security_question": Outcome(errors.Challenge),
        "code_rejected": Outcome(errors.CodeRejected),
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
