"""What Tradewind says at its door to those who do not get through it at once."""

from __future__ import annotations

from mock_portals.served import Locked, Step

LOCKED = {
    "tries": Locked(
        "This user is locked",
        "After 5 refused sign-ins a user stays locked until your site administrator resets it.",
    ),
    "inactive": Locked(
        "This user is switched off",
        "It was not used for 45 days. Your site administrator switches it on again under Users.",
    ),
    "site": Locked(
        "Site suspended",
        "All users of this Site ID are suspended until an open invoice is settled. EDI help desk: "
        "1-800-555-0163.",
    ),
}
STEPS = {
    "expiring": Step(
        "Your password is nearly 90 days old",
        "Change it now, or do it later under My user.",
        "Change it",
        later="Later",
    ),
    "enroll": Step(
        "Two-step verification has begun",
        "From November 2026 every user needs an authenticator app. Set yours up to open the Desk.",
        "Set it up",
    ),
    "contact": Step(
        "Who is your EDI contact?",
        "We need a name and a phone number for each site once a year.",
        "Save contact",
        "EDI contact",
    ),
}
STRANGE = Step(
    "Your Desk has moved to another dock",
    "Pick the wharf nearest to you. You can change it later.",
    "Pick",
    "Wharf",
)
