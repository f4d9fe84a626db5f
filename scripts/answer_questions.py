"""Run the queries of docs/questions.md and docs/intervals.md on a data directory and write their output below them.

    python scripts/answer_questions.py HOME

HOME is one that has loaded examples/reports and nothing else. What stood below a query as its
output is replaced.
"""

import re
import sys
from pathlib import Path

from orchestration.cli.common import as_text
from warehouse.home import Home
from warehouse.query import query

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = (DOCS / "questions.md", DOCS / "intervals.md")
QUESTION = re.compile(r"```sql\n(.*?)\n```\n(?:\n```text\n.*?\n```\n)?", re.DOTALL)


def answer(page: str, home: Home) -> str:
    """The page with each query followed by its output on the published warehouse."""

    def with_output(match: re.Match[str]) -> str:
        return f"```sql\n{match[1]}\n```\n\n```text\n{as_text(query(home, match[1]))}\n```\n"

    return QUESTION.sub(with_output, page)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(answer(path.read_text("utf-8"), Home.locate(sys.argv[1])), "utf-8")
