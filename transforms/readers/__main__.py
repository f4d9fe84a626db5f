"""The child process: reads files from standard input, one after another, and answers on standard output.

A request is the ending of the file's name and its bytes, an answer is JSON, each preceded by its length.
The time limit is the kernel's alarm, which stops a parser that hangs outside Python too.
"""

import json
import os
import resource
import signal
import struct
import sys
from dataclasses import asdict
from typing import Any, BinaryIO

from transforms.readers import Limits, UnreadableError
from transforms.readers.read import read_bytes


def answer(content: bytes, ending: str, limits: Limits) -> dict[str, Any]:
    """The fields of the text of one file, or `cause` and `message` of why it has none."""
    try:
        return asdict(read_bytes(content, ending, limits))
    except UnreadableError as error:
        return {"cause": error.cause, "message": str(error)}
    except MemoryError:
        return {"cause": "memory", "message": "needs more memory than a file may use; split it into smaller ones"}
    except Exception as error:  # a parser's own exception: of any type
        return {
            "cause": "damaged",
            "message": f"is damaged ({type(error).__name__}: {error}); open it in its program and save it again",
        }


def serve(requests: BinaryIO, answers: BinaryIO, limits: Limits) -> None:
    """Answers requests until there are no more."""
    while sizes := requests.read(16):
        ending, content = map(requests.read, struct.unpack(">QQ", sizes))
        signal.setitimer(signal.ITIMER_REAL, limits.seconds)
        reply = json.dumps(answer(content, ending.decode(), limits), ensure_ascii=False).encode()
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(struct.pack(">Q", len(reply)) + reply)
        answers.flush()


if __name__ == "__main__":
    given = Limits(**json.loads(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_DATA, (given.memory, given.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # whatever the parent does with it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    # Libraries print; what they print must not mix with the answers.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(sys.stdin.buffer, replies, given)
    replies.flush()
    os._exit(0)  # without the exit handlers of native libraries, which crash
