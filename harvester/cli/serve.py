"""The web pages."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Annotated

import typer

from harvester.cli import screen
from harvester.cli.opening import opened, program
from harvester.cli.options import Mistake


def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    proxy: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The TLS proxy's, where one is in front.")
    ] = None,
) -> None:
    """Serve the web pages until Ctrl-C, to this machine alone unless HARVESTER_HOSTS names them."""
    opened()
    from django.conf import settings

    from harvester.office.models import Person
    from harvester.review.serve import serve

    if host not in ("127.0.0.1", "::1", "localhost") and not settings.SESSION_COOKIE_SECURE:
        raise Mistake("others see the pages through a TLS proxy only; name them with HARVESTER_HOSTS")
    if not Person.objects.exclude(roles=[]).exists():
        screen.say(f"Nobody has a role yet: {program()} people roles PERSON --role administrator", "yellow")
    ready = partial(screen.say, f"The pages are at http://{host}:{port}/ until Ctrl-C.", "bold")
    try:
        with suppress(KeyboardInterrupt):
            serve(host, port, proxy=proxy, ready=ready)
    except OSError:
        raise Mistake(f"nothing can listen at {host}:{port}; is something else there?") from None
