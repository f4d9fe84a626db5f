"""Every stage's benchmark in turn, of a size that takes a few minutes on two cores in all.

    python -m benchmarks

Prints tables in Markdown. Each benchmark runs in a process of its own, so that none finds memory or caches that
another one left; larger sizes are for `python -m benchmarks.STAGE`.
"""

import subprocess
import sys
from tempfile import TemporaryDirectory

SIZES = {
    "extraction": ["4"],
    "reading": ["--files", "20"],
    "duplicates": ["--known", "20000"],
    "validation": ["200000"],
    "warehouse": ["--observations", "300000"],
}

with TemporaryDirectory() as home:
    for stage, size in SIZES.items():
        where = ["--home", home] if stage == "warehouse" else []
        print(f"\n## {stage.capitalize()}\n", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{stage}", *size, *where], check=True)
