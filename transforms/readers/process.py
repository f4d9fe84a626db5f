"""The parent's side of the child process that reads files."""

import json
import os
import signal
import struct
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from transforms.readers import Limits, Text, UnreadableError

PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])


class Reader:
    """Reads files in a child process with limits; a context manager.

    The child starts with the first file, serves all that follow, and is replaced when a file
    crashed it or ran out of time.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, (PACKAGE_ROOT, os.environ.get("PYTHONPATH"))))
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "transforms.readers", json.dumps(asdict(self.limits))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )

    def _stop(self) -> None:
        if self._child:
            with self._child as child:
                child.kill()
            self._child = None

    def read(self, content: bytes, ending: str) -> Text:
        """The text of one file, whose name ends in `ending`; raises `UnreadableError` where it can't be read within the limits."""
        self._child = self._child or self._start()
        reply = self._exchange(self._child, ending.encode(), content)
        if reply is None:
            raise self._obituary()
        if "cause" in reply:
            raise UnreadableError(reply["cause"], reply["message"])
        return Text(**reply)

    @staticmethod
    def _exchange(child: subprocess.Popen[bytes], ending: bytes, content: bytes) -> dict[str, Any] | None:
        """The child's answer, or nothing where it died over the file."""
        assert child.stdin and child.stdout
        try:
            child.stdin.write(struct.pack(">QQ", len(ending), len(content)) + ending)
            child.stdin.write(content)
            child.stdin.flush()
        except BrokenPipeError:
            return None
        header = child.stdout.read(8)
        if len(header) < 8:
            return None
        length = struct.unpack(">Q", header)[0]
        reply = child.stdout.read(length)
        return json.loads(reply) if len(reply) == length else None

    def _obituary(self) -> UnreadableError:
        child = self._child
        assert child is not None
        status = child.wait()
        self._stop()
        if status == -signal.SIGALRM:
            return UnreadableError(
                "time", f"took longer than {self.limits.seconds:g} seconds to read; split it or save it again"
            )
        return UnreadableError("crash", "crashed its parser, or needed more memory than a file may use; save it again")
