"""The Dagster definitions: `defs`, composed by `build_definitions`."""

import dagster as dg

from orchestration.assets import build_assets
from orchestration.checks import build_checks
from orchestration.resources import DataDirectory
from orchestration.schedules import build_schedules
from orchestration.sensors import alert_on_failure, build_inbox_sensor, watch_for_dead_runs
from orchestration.settings import read_settings
from warehouse.home import Home

LOAD = "load_batch"
EXTRACT = "extract_batch"
RECHECK = "recheck_batch"


def build_definitions(home: Home) -> dg.Definitions:
    """The definitions for a data directory, with the settings that it holds."""
    settings = read_settings(home.root)
    assets = build_assets(settings)
    checks = build_checks()
    runnable = [asset for asset in assets if isinstance(asset, dg.AssetsDefinition)]
    publishing = [asset for asset in runnable if asset.op.name == "publish_warehouse"]
    accepting = [asset for asset in runnable if asset.op.name == "accept_observations"]
    everything = dg.AssetSelection.assets(*runnable)
    load = dg.define_asset_job(
        LOAD, everything, description="Everything for one batch: read, cut into reports, extract, check, publish."
    )
    extract = dg.define_asset_job(
        EXTRACT,
        everything - dg.AssetSelection.assets(*publishing),
        description="The same without publishing: for many batches, or for a look at what would change.",
    )
    recheck = dg.define_asset_job(
        RECHECK,
        dg.AssetSelection.assets(*accepting, *publishing) | dg.AssetSelection.checks(checks),
        description="The checks of one batch once more, as they are now, on what was extracted before.",
    )
    return dg.Definitions(
        assets=assets,
        asset_checks=[checks],
        jobs=[load, extract, recheck],
        sensors=[
            *(build_inbox_sensor(inbox, settings, load) for inbox in settings.inboxes),
            alert_on_failure,
            watch_for_dead_runs,
        ],
        schedules=build_schedules(settings, load, recheck),
        resources={"data": DataDirectory(path=str(home.root))},
        # A chain of short steps: separate processes would take longer to start than to run. Parallelism comes from runs.
        executor=dg.in_process_executor,
    )


defs = build_definitions(Home.locate())
