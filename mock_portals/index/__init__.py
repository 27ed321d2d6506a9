"""The page from which a person clicks through all portals, with everything needed to sign in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyotp
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mock_portals.gate import STEP_SECONDS
from mock_portals.shown import Json

if TYPE_CHECKING:
    from mock_portals.control import Sited
    from mock_portals.site import World

_PAGE = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("index.html")


def page(world: World, sites: Mapping[str, Sited]) -> str:
    """Return the page as HTML."""
    return _PAGE.render(
        portals=[(sited.url, sited.portal) for sited in sites.values()],
        cast=world.cast,
        today=world.clock.today,
    )


def codes(world: World, sites: Mapping[str, Sited]) -> dict[str, Json]:
    """Return what people would see now: authenticator codes, and the newest code in each mailbox."""
    now = world.clock.wall()
    return {
        "seconds_left": STEP_SECONDS - int(now) % STEP_SECONDS,
        "authenticator": {
            person.user: pyotp.TOTP(person.totp_secret).at(int(now)) for person in world.cast.staff
        },
        "sent": [
            {"portal": sited.portal.name, "user": person.user, **message}
            for sited in sites.values()
            for person in world.cast.staff
            for message in sited.site.mail.inbox(person.user)[-1:]
        ],
    }
