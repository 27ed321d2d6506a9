"""Trouble at a portal, named by who acts next.

::

    Trouble
    ├── NotOnFile            nobody: it is an answer
    ├── SeveralOnFile        the biller: more than one claim fits, none is chosen
    ├── PortalUnavailable    time: try again later
    │   └── AnotherSession   the portal holds a session of the account open somewhere
    ├── PortalPaused         whoever paused it: nothing is asked meanwhile
    ├── ClockWrong           whoever keeps this machine: its clock is not the portal's
    ├── SignedOut            the core: signs in again, once a stay
    ├── StaffNeeded          the account's owner; the account is on hold until then
    │   ├── WrongPassword
    │   ├── CodeRejected
    │   ├── CodeNeeded
    │   ├── AccountLocked
    │   ├── PasswordExpired
    │   ├── FactorToEnroll
    │   ├── DetailsToConfirm
    │   ├── TermsToAccept
    │   ├── TrainingDue
    │   ├── Challenge
    │   ├── NotAuthorized
    │   └── UnknownDialog
    ├── PortalChanged        a flow author: the page is not the one the flow knows
    │   └── WrongPage        the page is about somebody or something else
    └── PolicyForbids        nobody: the portal forbids it

Anything else that is raised is a defect of this software and is shown as one.
"""

from __future__ import annotations

from typing import ClassVar


class Trouble(Exception):
    """Why a lookup has no data; ``words`` are the portal's own, ``where`` names page and field.

    Neither is ever logged: a portal's words can hold a patient's name.
    """

    todo: ClassVar[str] = "Look at what the portal says."
    """What the person who acts next does, in one sentence."""

    def __init__(self, words: str = "", *, where: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.where = where

    @property
    def sentence(self) -> str:
        """The trouble in one sentence for the person who acts next."""
        where = f" [{self.where}]" if self.where else ""
        words = f" The portal says: “{self.words}”." if self.words else ""
        return f"{type(self).__name__}{where}: {self.todo}{words}"


class NotOnFile(Trouble):
    """The portal says that it has no such member or claim."""

    todo = "Check the member's details and the payer; the portal has nothing under them."


class SeveralOnFile(Trouble):
    """More than one claim fits what was asked, and none of them exactly."""

    todo = "Choose the claim: several fit the account number, dates and amount."


class PortalUnavailable(Trouble):
    """Maintenance, an error of the server, or no answer in time."""

    todo = "Nothing: the portal is unavailable and is asked again later."


class AnotherSession(PortalUnavailable):
    """The portal took the password and lets nobody in while another session of the account is open."""

    todo = "Sign out where the account is signed in, or wait: it is asked again later."


class PortalPaused(Trouble):
    """Nobody signs in at the portal from here until a person resumes it."""

    todo = "Find out why the portal was paused, then resume it here."


class ClockWrong(Trouble):
    """This machine's clock and the portal's differ by more than a one-time code allows."""

    todo = "Set the clock of this machine by a time server: its one-time codes would be refused."


class SignedOut(Trouble):
    """The portal ended the session."""

    todo = "Nothing: the next stay signs in again."


class StaffNeeded(Trouble):
    """The account's owner has to act at the portal; until then the account is on hold."""

    todo = "Sign in to the portal by hand and do what it asks."


class WrongPassword(StaffNeeded):
    """The portal refused user name or password. It is never tried again by software."""

    todo = "Sign in by hand, then enter the right password here."


class CodeRejected(StaffNeeded):
    """The portal refused a one-time code."""

    todo = (
        "Sign in by hand with a new code, and where codes come from an authenticator check this machine's "
        "clock and the seed stored here."
    )


class CodeNeeded(StaffNeeded):
    """The portal wants a code that only a person can receive.

    No hold where it was sent and nobody was there to enter it.
    """

    todo = "Be there to enter the code that the portal sends."


class AccountLocked(StaffNeeded):
    """The portal locked, suspended, disabled, ended or revoked the account.

    The words tell which, and whom to call: what they say has to be done differs, who does it not.
    """

    todo = (
        "Do what the portal's notice says (wait, or ask your administrator there or its help line to open "
        "the account again), and let nobody try the password before."
    )


class PasswordExpired(StaffNeeded):
    """The portal wants a new password, now or within days."""

    todo = "Sign in by hand, choose a new password there, and enter it here."


class FactorToEnroll(StaffNeeded):
    """The portal wants another way to verify to be set up, or ended the one that was used."""

    todo = (
        "Sign in by hand, set up the way to verify that the portal asks for, and enter its new seed here "
        "where there is one."
    )


class DetailsToConfirm(StaffNeeded):
    """The portal wants its user to confirm or fill in something: contact details, questions, a form."""

    todo = "Sign in by hand, and confirm or fill in what the portal wants to know of you."


class TermsToAccept(StaffNeeded):
    """The portal shows terms or an attestation that only the account's owner may accept."""

    todo = "Sign in by hand, read what the portal wants accepted or attested, and accept it if you agree."


class TrainingDue(StaffNeeded):
    """The portal wants training or recertification."""

    todo = "Sign in by hand and complete the training or recertification."


class Challenge(StaffNeeded):
    """The portal asks for proof that a person is there. It is never solved by software."""

    todo = "Sign in by hand: the portal wants to see a person."


class NotAuthorized(StaffNeeded):
    """The account has no right to this part of the portal."""

    todo = "Ask whoever administers your practice's users at the portal for the right that is missing."


class UnknownDialog(StaffNeeded):
    """A dialog stands over the page that the flow does not know."""

    todo = "Sign in by hand, read the dialog, and tell the flow's author about it."


class PortalChanged(Trouble):
    """A page is not as the flow knows it; nothing of it becomes data."""

    todo = "Tell the flow's author: the portal's page changed; the page is kept as evidence."


class WrongPage(PortalChanged):
    """The page is about another person, claim or search than the one asked for."""

    todo = "Tell the flow's author and the privacy officer: the portal showed something else than asked."


class PolicyForbids(Trouble):
    """Software may not sign in at this portal."""

    todo = "Look it up by hand: this portal does not allow software, or nobody recorded that it does."


def named(name: str) -> type[Trouble]:
    """Return the trouble of that class name; raises ``KeyError`` for any other name."""
    return _BY_NAME[name]


def _family(root: type[Trouble]) -> dict[str, type[Trouble]]:
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found |= _family(child)
    return found


_BY_NAME = _family(Trouble)
