"""What RainierCare says at its door to those who do not get through it at once."""

from __future__ import annotations

from mock_portals.served import Locked, Step

LOCKED = {
    "tries": Locked(
        "Account locked",
        "This account is locked after three sign-ins that failed. Call your administrator.",
    ),
    "inactive": Locked(
        "Account disabled",
        "This account is disabled because nobody used it for 60 days. Your organization's primary user can "
        "enable it under My Functions.",
    ),
    "delegate": Locked(
        "Delegate access ended",
        "Your access as a delegate was ended by the provider on 11/02/2026. Ask the provider's primary user "
        "to delegate it again.",
    ),
    "terminated": Locked(
        "User ID terminated",
        "This user ID was terminated under chapter 4 of the provider manual. Write to Provider Enrollment; "
        "the provider line cannot reopen it.",
    ),
}
STEPS = {
    "expiring": Step(
        "3 days are left for your password",
        "Choose a new one now, or go on with the old one.",
        "Choose a new one",
        later="Go on",
        before="code",
    ),
    "method": Step(
        "Set up your authenticator again",
        "We have changed how codes are made. Remove RainierCare from your app and scan the new picture.",
        "Show the picture",
        before="code",
    ),
    "email": Step(
        "Confirm your e-mail address",
        "We sent a link to the address on file. Open it, then come back to this page.",
        "I opened the link",
        before="code",
    ),
    "attestation": Step(
        "Yearly attestation of delegates",
        "Confirm that you still work for this provider and keep this user ID to yourself.",
        "I attest",
    ),
}
STRANGE = Step(
    "Tell us how we are doing in the valley",
    "Before you go on, choose the counties that your clinic serves.",
    "Save the counties",
    "Counties",
)
