"""How fast files are read: one report in every format, many times over.

    python -m benchmarks.reading --files 50

Prints a table in Markdown: milliseconds a file once the reading process runs, of which the first
file of a format pays for loading its parser.
"""

import argparse
import statistics
import time

from tests import formats
from transforms.readers import Limits
from transforms.readers.process import Reader

PARAGRAPHS = 60


def contents() -> dict[str, bytes]:
    """A report of about 10,000 characters in the formats that can be written without another program."""
    formats.BEFORE = formats.BEFORE * PARAGRAPHS
    text = formats.as_text()
    return {
        "txt": text.encode("gb18030"),
        "md": formats.as_markdown(),
        "html": formats.as_html(),
        "mht": formats.as_mht(),
        "docx": formats.as_docx(),
        "pdf": formats.as_pdf(),
        "xlsx": formats.as_xlsx(),
        "csv": formats.as_csv("utf-8"),
    }


def measure(files: int) -> None:
    print("| format | kB | characters | first, ms | median, ms |\n|---|---|---|---|---|")
    with Reader(Limits()) as reader:
        for ending, content in contents().items():
            taken = []
            for _ in range(files):
                started = time.perf_counter()
                found = reader.read(content, ending)
                taken.append(1000 * (time.perf_counter() - started))
            print(
                f"| {ending} | {len(content) / 1000:.0f} | {len(found.text):,} "
                f"| {taken[0]:.0f} | {statistics.median(taken[1:]):.1f} |"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=50, help="files of each format")
    measure(parser.parse_args().files)
