"""The only way out of a stay's browser: a proxy on loopback that knows one portal.

Encrypted traffic passes as a tunnel to the allowed hosts and no others; plain HTTP only to a mock on
loopback, one request a connection. Names are resolved here, once a stay, and addresses that are not
public are refused, so that neither a page nor a name server can lead the browser into the practice's
own network.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

DOWN = 200 * 2**20
UP = 5 * 2**20
"""Bytes that one stay may receive and send."""

_TRANSLATED = [ipaddress.ip_network(net) for net in ("2002::/16", "64:ff9b::/96", "2001::/32")]
"""6to4, NAT64 and Teredo: public by their prefix, and whatever is inside them in fact."""


def public(address: str) -> bool:
    """Whether an IP address is one of the public internet."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and (mapped := ip.ipv4_mapped):
        ip = mapped
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _TRANSLATED)


class Egress:
    """A proxy for one stay. Context manager; ``address`` is what the browser is given.

    ``allowed`` are (host, port) pairs; with ``loopback`` they are on this machine and may be asked in
    clear.
    """

    def __init__(self, allowed: frozenset[tuple[str, int]], *, loopback: bool) -> None:
        self._allowed = allowed
        self._loopback = loopback
        self._pinned: dict[tuple[str, int], str] = {}
        self._left = {"down": DOWN, "up": UP}
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="egress", daemon=True)
        # A connection whose other end is gone is kept by nobody else, and would be collected unfinished.
        self._serving: set[asyncio.Task[None]] = set()
        self.refused: list[str] = []
        self.address = ""

    def __enter__(self) -> Self:
        """Listen on a free port of 127.0.0.1."""
        self._thread.start()
        starting = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        )
        self._server = starting.result()
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and drop what is open."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(0)  # connections that were taken already become tasks
        while open_ones := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in open_ones:
                task.cancel()
            await asyncio.gather(*open_ones, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._pass_on(reader, writer)
        except (OSError, ValueError, EOFError, asyncio.LimitOverrunError):
            pass  # the other end went away, or spoke something else than HTTP
        finally:
            writer.close()
            self._serving.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, _, rest = head.partition("\r\n")
        method, target, _ = first.split(" ", 2)
        tunnel = method == "CONNECT"
        parts = urlsplit(f"//{target}" if tunnel else target)
        host, port = parts.hostname or "", parts.port or (443 if tunnel else 80)
        if (host, port) not in self._allowed or tunnel == self._loopback:
            self.refused.append(f"{host}:{port}")
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        up_reader, up_writer = await asyncio.open_connection(await self._resolved(host, port), port)
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = parts.path or "/"
                kept = [
                    line
                    for line in rest.split("\r\n")
                    if line and not line.lower().startswith(("proxy-", "connection:", "keep-alive:"))
                ]
                query = f"?{parts.query}" if parts.query else ""
                lines = [f"{method} {path}{query} HTTP/1.1", *kept, "Connection: close", "", ""]
                up_writer.write("\r\n".join(lines).encode("latin-1"))
            up = asyncio.create_task(self._pump(reader, up_writer, "up"))
            try:
                await self._pump(up_reader, writer, "down")
            finally:
                up.cancel()
                await asyncio.gather(up, return_exceptions=True)
        finally:
            up_writer.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: str) -> None:
        while data := await source.read(65536):
            self._left[way] -= len(data)
            if self._left[way] < 0:
                self.refused.append(f"more than the allowed bytes {way}")
                return
            sink.write(data)
            await sink.drain()

    async def _resolved(self, host: str, port: int) -> str:
        """Return the address of a host, the same one for the whole stay."""
        if (host, port) not in self._pinned:
            answers = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [str(answer[4][0]) for answer in answers]
            usable = [
                a for a in addresses if (ipaddress.ip_address(a).is_loopback if self._loopback else public(a))
            ]
            if not usable or len(usable) != len(addresses):
                self.refused.append(f"{host}:{port} is not a public address")
                raise OSError("not a public address")
            self._pinned[host, port] = usable[0]
        return self._pinned[host, port]
