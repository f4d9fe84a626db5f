"""What assets, sensors and schedules are given: the data directory with its lake."""

from pathlib import Path

import dagster as dg

from warehouse.drafts import Drafts
from warehouse.home import Home
from warehouse.lake import Lake


class DataDirectory(dg.ConfigurableResource):
    """The data directory (`docs/architecture.md` says what lies in it)."""

    path: str

    @property
    def home(self) -> Home:
        """The paths in it."""
        return Home(Path(self.path))

    @property
    def lake(self) -> Lake:
        """Its lake."""
        return Lake(self.home)

    @property
    def drafts(self) -> Drafts:
        """What runs are making of batches, before it is taken into the lake."""
        return Drafts(self.home)
