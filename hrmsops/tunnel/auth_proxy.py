"""The Cloud SQL Auth Proxy as a dialer: its binary, started for us, watched, and ended with us."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import threading
from collections import deque
from pathlib import Path

from hrmsops.errors.base import HrmsopsError
from hrmsops.errors.tunnel import AuthProxyFailed
from hrmsops.tunnel.local_port import Streams
from hrmsops.tunnel.proxy_binary import Binary, find
from hrmsops.tunnel.proxy_words import explained

READY_SECONDS_MAX = 60.0
END_SECONDS_MAX = 5.0
WORD_SECONDS_MAX = 5.0
POLL_SECONDS = 0.02
FOLDER_BYTES_MAX = 60
_READY = "ready for new connections"
# The shell waits for the end of its input, which comes with ours, however we end: SIGKILL too.
_WATCHED = """
exec 3<&0
"$@" 3<&- </dev/null & proxy=$!
{ read -r _ <&3; kill "$proxy"; } 2>/dev/null & watch=$!
exec 3<&-
wait "$proxy"; code=$?
kill "$watch" 2>/dev/null
exit "$code"
"""


def _short_folder() -> str:
    """Where a socket's path stays below 104 bytes, the least that a system allows."""
    wanted = tempfile.gettempdir()
    return wanted if len(wanted) <= FOLDER_BYTES_MAX else "/tmp"  # noqa: S108 - made for us alone.


class AuthProxy:
    """One proxy for one instance, at a socket in a folder that this user alone may enter.

    Started at the first dial, and once more where it has ended meanwhile.
    """

    def __init__(self, named: str, *, connection_name: str, ip_type: str, endpoint: str) -> None:
        """`named`: the binary's path or name, "" looks on PATH; `endpoint`: a sandbox's."""
        self._named, self._connection_name = named, connection_name
        self._ip_type, self._endpoint = ip_type, endpoint
        self._lock = asyncio.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._binary: Binary | None = None
        self._folder = Path()
        self._words: deque[str] = deque(maxlen=20)

    @property
    def instance(self) -> str:
        return self._connection_name.rpartition(":")[2]

    async def dial(self) -> Streams:
        """Raises AuthProxyMissing, AuthProxyFailed, and what the proxy's words mean."""
        async with self._lock:
            if self._process is None or self._process.poll() is not None:
                await self._start()
        try:
            return await asyncio.open_unix_connection(self._socket())
        except OSError as error:
            raise self._failed(str(error)) from error

    async def cut_off(self) -> HrmsopsError:
        """The proxy says why, a moment before or after it lets go of a connection."""
        for _ in range(int(WORD_SECONDS_MAX / POLL_SECONDS)):
            if found := self._explained():
                self._words.clear()  # What comes next is explained by what it says next.
                return found
            await asyncio.sleep(POLL_SECONDS)
        return self._failed("")

    async def close(self) -> None:
        """End it, and remove the folder of its socket."""
        await asyncio.to_thread(self._end)

    async def _start(self) -> None:
        await self.close()
        self._binary = binary = await asyncio.to_thread(find, self._named)
        self._folder = Path(tempfile.mkdtemp(prefix="hrmsops-", dir=_short_folder()))
        self._words.clear()
        words, variables = binary.command(
            self._connection_name,
            folder=self._folder,
            ip_type=self._ip_type,
            endpoint=self._endpoint,
        )
        self._process = subprocess.Popen(
            ["sh", "-c", _WATCHED, "hrmsops", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **variables},
            # Ctrl-C is for us; the proxy hears of it by its watch.
            start_new_session=True,
        )
        is_ready = asyncio.Event()
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, args=(loop, is_ready), daemon=True).start()
        try:
            await asyncio.wait_for(is_ready.wait(), READY_SECONDS_MAX)
        except TimeoutError:
            raise self._failed(f"It was not ready after {READY_SECONDS_MAX:.0f} s.") from None
        if not self._sockets():
            raise self._explained() or self._failed("")

    def _listen(self, loop: asyncio.AbstractEventLoop, is_ready: asyncio.Event) -> None:
        """Keep its last words; ready is also one that has ended, and has no socket then."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self._words.append(line.strip())
                if _READY in line.lower():
                    loop.call_soon_threadsafe(is_ready.set)
        process.wait()
        if not loop.is_closed():
            loop.call_soon_threadsafe(is_ready.set)

    def _sockets(self) -> list[Path]:
        return [each for each in self._folder.rglob("*") if each.is_socket()]

    def _socket(self) -> Path:
        found = self._sockets()
        if not found:
            raise self._failed("It has no socket any more.")
        return found[0]

    def _explained(self) -> HrmsopsError | None:
        assert self._binary is not None
        return explained(
            tuple(self._words),
            binary=self._binary.name,
            instance=self.instance,
            ip_type=self._ip_type,
        )

    def _failed(self, why: str) -> HrmsopsError:
        last = self._words[-1] if self._words else ""
        name = self._binary.name if self._binary else "The Auth Proxy"
        return AuthProxyFailed(binary=name, instance=self.instance, why=why or last)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(END_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
        if self._folder.name:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = Path()
