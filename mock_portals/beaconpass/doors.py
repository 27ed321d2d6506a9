"""What BeaconPass and the plans behind it say at the door to those who do not get through it at once."""

from __future__ import annotations

from mock_portals.served import Locked, Step

LOCKED = {
    "tries": Locked(
        "Your BeaconPass is locked",
        "After two wrong tries BeaconPass is locked for 10 minutes. Close the browser, then start again.",
    ),
    "inactive": Locked(
        "Your BeaconPass is asleep",
        "It was not used for 180 days. Your organization's administrator can wake it up.",
    ),
    "cancelled": Locked(
        "This BeaconPass has been cancelled",
        "Your organization's administrator cancelled it on 11/06/2026, and only they can issue a new one.",
    ),
}
STEPS = {
    "expiring": Step(
        "Your password has a week to live",
        "Choose a new one now, or remind yourself.",
        "Choose a new one",
        later="Remind me",
    ),
    "enroll": Step(
        "Codes by e-mail are going away",
        "Add an authenticator app to your BeaconPass before you go on: Northpeak will take no other codes.",
        "Add an app",
    ),
    "questions": Step(
        "Renew your secret questions",
        "Choose three questions that only you can answer. We ask them when you lose your password.",
        "Save my questions",
        "First answer",
    ),
}
STRANGE = Step(
    "Pick a color for your beacon",
    "It lights up whenever you sign in, so that you know it is really us.",
    "Light it",
)
NORTHPEAK_STEPS = {
    "registration": Step(
        "Northpeak would like to know you",
        "Tell us your role in the practice and a phone number before Provider Link opens.",
        "Register me",
        "Your role",
    ),
}
NORTHPEAK_STRANGE = Step(
    "Provider Link is turning ten",
    "Choose a badge for your practice and join the celebration.",
    "Choose a badge",
)
MOSSBRIDGE_STRANGE = Step(
    "The Practice Room has a new wing",
    "Walk through it with us, or find your own way.",
    "Walk with us",
)
