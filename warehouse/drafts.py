"""What a run is making of a batch, kept apart from the lake until all of it has passed the checks.

A build may start at any moment, and a run may be killed at any moment: neither must ever find a batch half made by one
version of the extractor and half by another.

    lake/drafts/<batch_id>/<stage>.parquet
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from warehouse.home import Home
from warehouse.lake import Lake


class Drafts(Lake):
    """The stages that runs are making; a stage without a draft is read from the lake."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._lake = Lake(home)

    def stage_path(self, batch_id: str, stage: str) -> Path:
        """The Parquet file of a draft, there or not."""
        return self._drafts(batch_id) / f"{stage}.parquet"

    def read_stage(self, batch_id: str, stage: str) -> pl.DataFrame:
        """The frame of a stage, of the draft if there is one; `WarehouseError` where it has never been written."""
        return (
            super().read_stage(batch_id, stage)
            if self.has_stage(batch_id, stage)
            else self._lake.read_stage(batch_id, stage)
        )

    def begin(self, batch_id: str) -> None:
        """Forget the drafts of a batch that an earlier run has left."""
        shutil.rmtree(self._drafts(batch_id), ignore_errors=True)

    def adopt(self, batch_id: str, stages: Iterable[str] = ()) -> None:
        """Take the drafts of a batch into the lake, all of them or those named, while no build is reading it.

        What a process killed in the midst of it leaves undone, the next run on the batch does again.
        """
        chosen = set(stages)
        with self.home.locked():
            for draft in sorted(self._drafts(batch_id).glob("*.parquet")):
                if not chosen or draft.stem in chosen:
                    self._write(self._lake.stage_path(batch_id, draft.stem), draft.read_bytes())
                    draft.unlink()

    def _drafts(self, batch_id: str) -> Path:
        return self.home.root / "lake" / "drafts" / batch_id
