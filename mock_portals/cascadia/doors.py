"""What Cascadia says at its door to those who do not get through it at once."""

from __future__ import annotations

from mock_portals.served import Locked, Step

CONTACT = ("/contact", "Contact us")
LOCKED = {
    "tries": Locked(
        "Your account is locked",
        "There were too many attempts to sign in. Your practice's administrator or our provider line can "
        "unlock it.",
        CONTACT,
    ),
    "inactive": Locked(
        "This user ID is no longer in use",
        "Nobody signed in with it for 90 days, so we turned it off. Your practice's administrator can turn "
        "it on again until day 180.",
        CONTACT,
    ),
    "suspended": Locked(
        "Access on hold",
        "We have suspended this user ID while we look into how it was used. Please call the provider line.",
        CONTACT,
    ),
    "removed": Locked(
        "Access removed",
        "Your practice's administrator removed your access to Provider Connection on 11/09/2026. Ask in your "
        "practice before you call us.",
    ),
}
STEPS = {
    "expiring": Step(
        "Your password will expire in 4 days",
        "You can change it now, or go on and change it later.",
        "Change it now",
        later="Not now",
        before="code",
    ),
    "method": Step(
        "Choose a new way to verify",
        "Codes of authenticator apps end today. Set up a passkey for this computer to go on.",
        "Set up a passkey",
        before="code",
    ),
    "recovery": Step(
        "Save your recovery code",
        "Download your 16-digit recovery code before you go on. We show it only once.",
        "I have saved it",
    ),
}
STRANGE = Step(
    "We are making room for something new",
    "Provider Connection looks different from this week on. Take a short tour, or skip it.",
    "Take the tour",
    later="Skip",
)
