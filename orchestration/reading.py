"""`campaign extract` and `campaign reports`: the stages of a batch on files at hand, without lake and warehouse."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from orchestration.ingest import discover, read
from orchestration.settings import read_settings
from transforms.documents import read as read_documents
from warehouse.home import Home

Say = Callable[[str], None]


@dataclass
class Reading:
    """The documents and reports of the files read, a frame a batch, and what failed, a line each."""

    documents: list[pl.DataFrame] = field(default_factory=list)
    reports: list[pl.DataFrame] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def read_paths(paths: Sequence[str], home: Home, problem: Say) -> Reading:
    """Read the files at the paths and find their reports; `problem` is told of each file that can't be read."""
    settings, reading, known = read_settings(home.root), Reading(), set[str]()

    def fail(line: str) -> None:
        reading.failed.append(line)
        problem(line)

    for path in paths:
        try:
            arrivals, _ = discover(path)
        except OSError as error:
            fail(str(error))
            continue
        for delivery in read(arrivals, settings, known):
            found = read_documents(delivery.files)
            for line in (*(reason for _, reason in delivery.failed), *found.failures["reason"]):
                fail(line)
            ...
    return reading
