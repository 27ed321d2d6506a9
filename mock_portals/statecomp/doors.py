"""What StateComp says at its door to those who do not get through it at once."""

from __future__ import annotations

from mock_portals.served import Locked, Step

LOCKED = {
    "tries": Locked(
        "Your User ID is locked",
        "Three failed sign-ins lock a User ID. Your provider's delegate or the Provider Contact Center at "
        "1-800-555-0170 can unlock it.",
    ),
    "inactive": Locked(
        "User ID deactivated",
        "Your User ID was not used for 90 days and has been deactivated. File form SC-14, or call the "
        "Provider Contact Center at 1-800-555-0170.",
    ),
    "revoked": Locked(
        "Access revoked",
        "The board has revoked your access under rule 7-114. Your provider's delegate received a letter "
        "that says why.",
    ),
}
STEPS = {
    "expiring": Step(
        "Your password will be 90 days old in 2 days",
        "Change it now, or continue and change it before then.",
        "Change it",
        later="Continue",
        before="code",
    ),
    "enroll": Step(
        "Enroll a second authenticator",
        "Rule 7-120 requires a security key as well as the app from this month on.",
        "Enroll a key",
        before="code",
    ),
    "contact": Step(
        "Verify your contact information",
        "State law requires a current address and telephone number for every User ID.",
        "It is correct",
        "Telephone",
    ),
}
STRANGE = Step(
    "Customize your dashboard",
    "Arrange the tiles of Provider Services as you like, then save the layout.",
    "Save layout",
)
