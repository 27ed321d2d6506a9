"""What Westmac says at its door to those who do not get through it at once."""

from __future__ import annotations

from mock_portals.served import Locked, Step

LOCKED = {
    "tries": Locked(
        "User ID suspended",
        "Your User ID is suspended after 3 failed attempts. Your Provider Administrator can reinstate it.",
    ),
    "inactive": Locked(
        "User ID disabled",
        "Nobody used your User ID for 60 days, and it has been disabled. Your Provider Administrator can "
        "enable it until day 90.",
    ),
    "deleted": Locked(
        "User ID deactivated",
        "After 90 days without use your User ID was deactivated for good. Register again through your "
        "Provider Administrator.",
    ),
    "uncertified": Locked(
        "Recertification missed",
        "Your access was withdrawn because it was not recertified within 45 days. Your Provider "
        "Administrator can request it again.",
    ),
}
STEPS = {
    "expiring": Step(
        "Your password expires in 5 days",
        "Choose another one now, or continue with the old one.",
        "Choose another one",
        later="Continue",
        before="code",
    ),
    "method": Step(
        "Passcodes by e-mail have ended",
        "Enroll a mobile phone to receive passcodes by text message.",
        "Enroll phone",
        "Mobile phone",
        before="code",
    ),
    "autofill": Step(
        "Who filled in this page?",
        "Your User ID and password seem to have been filled in by software. Type them yourself.",
        "I typed them myself",
        before="code",
    ),
    "acknowledgement": Step(
        "Security acknowledgement",
        "Every two weeks each user acknowledges that Medicare data is protected by federal law.",
        "I acknowledge",
    ),
    "profile": Step(
        "Update your user profile",
        "A work e-mail address and a phone number of your own are required for every User ID.",
        "Save profile",
        "Work phone",
    ),
}
STRANGE = Step(
    "Choose your landing page",
    "The Gateway now opens where you left off. Which page do you want to see first?",
    "Save my choice",
    "Landing page",
)
