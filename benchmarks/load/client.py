"""HTTP with nothing around it: two hundred clients in one process must not be what is measured."""

import asyncio
from collections.abc import AsyncIterator

PATIENCE = 60
"""Seconds after which a client gives up; nothing waits that long for a healthy server."""


class BrokenError(Exception):
    """The connection ended before the answer did: what became of the call is unknown."""


class Connection:
    """One connection that stays open, and is opened again where the server has closed it between two requests.

    Args:
        port: Where the server listens.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, head: bytes, body: bytes = b"") -> tuple[int, bytes]:
        """Send a request and read the whole answer.

        Args:
            head: The request line and the headers, each with its line end, without ``Content-Length``.
            body: The body.

        Returns:
            The status and the body.

        Raises:
            BrokenError: The server gave none.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                status, headers = await self._open(head, body)
                if b"chunked" in headers.get(b"transfer-encoding", b""):
                    return status, b"".join([chunk async for chunk in self._chunks()])
                return status, await self._reader.readexactly(int(headers.get(b"content-length", 0)))
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            raise BrokenError(f"{type(error).__name__}: {error}") from error

    async def stream(self, head: bytes, body: bytes) -> AsyncIterator[bytes]:
        """Send a request and give the data of each event of the answer, or the answer where it is no stream.

        Raises:
            BrokenError: The server ended it in the middle.
        """
        try:
            _, headers = await self._open(head, body)
            if b"text/event-stream" not in headers.get(b"content-type", b""):
                yield await self._reader.readexactly(int(headers.get(b"content-length", 0)))
                return
            rest = b""
            async for chunk in self._chunks():
                *events, rest = (rest + chunk).split(b"\n\n")
                for event in events:
                    for line in event.split(b"\n"):
                        if line.startswith(b"data: "):
                            yield line[6:]
        except (OSError, EOFError) as error:
            self.close()
            raise BrokenError(f"{type(error).__name__}: {error}") from error

    async def _open(self, head: bytes, body: bytes) -> tuple[int, dict[bytes, bytes]]:
        if self._reader is None or self._reader.at_eof():
            self.close()
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body))
        line, *lines = (await self._reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
        pairs = (line.partition(b":") for line in lines)
        return int(line.split(b" ", 2)[1]), {name.lower(): value.strip() for name, _, value in pairs}

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int((await self._reader.readuntil(b"\r\n"))[:-2], 16):
            yield (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readuntil(b"\r\n")

    def close(self) -> None:
        """Close the connection, in whatever state it is."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
