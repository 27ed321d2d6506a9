"""Starts every portal and the control server in one process, each on an address of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from mock_portals.cast import Cast
from mock_portals.clock import Clock
from mock_portals.control import Sited, control
from mock_portals.portals import portals
from mock_portals.site import World


@dataclass(frozen=True)
class Place:
    """Where a portal is, and its further sites by name."""

    name: str
    url: str
    sites: dict[str, str]


@dataclass(frozen=True)
class Running:
    """Where everything is."""

    control: str
    portals: dict[str, Place]
    world: World


class _Server(uvicorn.Server):
    """One of several servers in a process: signals are the process's business, not its own."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(port: int) -> socket.socket:
    # The protocol by name: asyncio sets TCP_NODELAY only then, and answers would wait 40 ms without it.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(256)
    return listening


def _place(sited: Sited) -> Place:
    sites = {name: url for name, url in sited.world.addresses[sited.portal.id].items() if name}
    return Place(sited.portal.name, sited.url, sites)


async def serve(
    people: Cast, today: date, latency_ms: int, port_base: int, ready: Callable[[Running], None]
) -> None:
    """Serve until SIGTERM or SIGINT. The control server has ``port_base``, portals the ports after it.

    The further sites of portals come last.
    """
    world = World(people, Clock(today), latency_ms)
    sites = {portal.id: Sited(portal, world) for portal in portals()}
    further = {(name, own): app for name, sited in sites.items() for own, app in sited.further().items()}
    apps: list[ASGIApp] = [control(world, sites), *sites.values(), *further.values()]
    sockets = [_listen(port_base + place if port_base else 0) for place in range(len(apps))]
    urls = [f"http://127.0.0.1:{listening.getsockname()[1]}" for listening in sockets]
    servers = [
        _Server(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                lifespan="off",
                server_header=False,
                date_header=False,  # a portal tells the time by the world's clock
                timeout_keep_alive=75,  # as web servers in front of portals have it
                timeout_graceful_shutdown=1,
            )
        )
        for app in apps
    ]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    # The sockets listen already: who calls before a server has started waits in line.
    for (portal, own), url in zip([*((portal, "") for portal in sites), *further], urls[1:], strict=True):
        world.addresses.setdefault(portal, {})[own] = url
    ready(Running(urls[0], {portal: _place(sited) for portal, sited in sites.items()}, world))
    await asyncio.gather(*(server.serve([own]) for server, own in zip(servers, sockets, strict=True)))
