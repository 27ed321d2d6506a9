"""What Harborline says at its door to those who do not get through it at once."""

from __future__ import annotations

from mock_portals.served import Locked, Step

LOCKED = {
    "tries": Locked(
        "Account locked", "Your account is locked. Ask your Harborline administrator to unlock it."
    ),
    "inactive": Locked(
        "Account inactive",
        "Your user ID became inactive after 120 days without a sign-in. Your Harborline administrator can "
        "reactivate it.",
    ),
    "shared": Locked(
        "Access suspended",
        "More than one person used this user ID, and Harborline has suspended it. Call Harborline Support at "
        "1-800-555-0155.",
    ),
}
STEPS = {
    "unusual": Step(
        "Is this you?",
        "You usually sign in at another time of day. Confirm on your phone that it is you.",
        "I have confirmed",
        before="method",
    ),
    "expiring": Step(
        "Your password expires in 5 days",
        "Change it now, or be reminded the next time you sign in.",
        "Change it now",
        later="Remind me",
        before="verified",
    ),
    "enroll": Step(
        "Set up another way to verify",
        "Harborline now asks for two ways to verify. Add a hard token or a second device to go on.",
        "Add a way",
        before="verified",
    ),
    "email": Step(
        "Verify your e-mail address",
        "Each account needs an e-mail address that nobody shares. Enter the code that we sent you.",
        "Verify it",
        "Code from the e-mail",
        before="verified",
    ),
}
STRANGE = Step(
    "Welcome to the new Harborline",
    "Answer two questions about your practice, and we arrange the exchange for you.",
    "Start",
    before="verified",
)
