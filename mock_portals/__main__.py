"""``python -m mock_portals``: start the make-believe portals."""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import date

from mock_portals.cast import BASE_DATE, SEED, cast
from mock_portals.serving import Running, serve


def _as_json(running: Running) -> None:
    places = {
        name: {"url": place.url, "name": place.name, "sites": place.sites}
        for name, place in running.portals.items()
    }
    print(json.dumps({"control": running.control, "portals": places}), flush=True)


def _as_text(running: Running) -> None:
    print("Make-believe portals; nobody and nothing in them exists. To click through them:\n")
    print(f"  {running.control}\n")
    for name, place in running.portals.items():
        print(f"  {name:<12} {place.url}   {place.name}")
        for own, url in place.sites.items():
            print(f"  {'':<12} {url}   its site {own}")
    print()
    print("Who can sign in (user name, password, authenticator secret):")
    for person in running.world.cast.staff:
        print(f"  {person.name:<22} {person.user:<14} {person.password:<22} {person.totp_secret}")
    print("\nSite IDs, where a portal asks for one:")
    for organization in running.world.cast.organizations:
        print(f"  {organization.site_id:<10} {organization.name}")
    print(f"\nThe portals' date is {running.world.clock.today}. Stop with Ctrl-C.", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mock_portals", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the addresses as one JSON line")
    parser.add_argument("--seed", type=int, default=SEED, help="the cast's seed")
    parser.add_argument("--date", type=date.fromisoformat, default=BASE_DATE, help="the portals' date")
    parser.add_argument("--latency-ms", type=int, default=0, help="how long every page takes to answer")
    parser.add_argument("--port-base", type=int, default=0, help="control server's port; portals follow")
    parser.add_argument("--busy", type=int, default=1, help="how many times as many claims there are")
    asked = parser.parse_args()
    show = _as_json if asked.json else _as_text
    people = cast(asked.seed, asked.busy)
    asyncio.run(serve(people, asked.date, asked.latency_ms, asked.port_base, show))


if __name__ == "__main__":
    main()
