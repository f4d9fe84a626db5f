"""The warehouse that `make run` makes of the example reports: its evidence, and the answers that the docs print."""

from pathlib import Path

import pytest
from live import ROOT, campaign

from scripts.answer_questions import PAGES, answer
from warehouse.compare import compare
from warehouse.home import Home
from warehouse.query import query


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("examples")
    done = campaign(root, "run", str(ROOT / "examples" / "reports"))
    assert done.returncode == 0, done.stderr
    return Home(root)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_docs_print_what_the_queries_answer(home: Home, page: Path) -> None:
    """`make snapshot` writes the answers anew."""
    text = page.read_text("utf-8")
    assert text.count("```sql") >= 5
    assert answer(text, home) == text


# Where the marts name observations: the columns of each that lead to the evidence.
EVIDENCE = {
    "figure": ["observation_id"],
    "city_comparison": ["observation_id"],
    "reconciliation": ["observation_id", "best_observation_id"],
    "target_vs_actual": ["target_observation_id", "actual_observation_id"],
}


@pytest.mark.parametrize(
    ("mart", "column"), [(mart, column) for mart, columns in EVIDENCE.items() for column in columns]
)
def test_the_characters_at_the_spans_of_every_figure_are_its_raw_text(home: Home, mart: str, column: str) -> None:
    rows = query(
        home,
        f"""
        from mart.{mart} as mart
            left join core.fact_observation as fact on fact.observation_id = mart.{column}
            left join core.document_text as body on body.document_id = fact.document_id
        select
            fact.raw_text, fact.evidence,
            at_span: substr(body.text, fact.span_start + 1, fact.span_end - fact.span_start),
            at_evidence: substr(body.text, fact.evidence_start + 1, len(fact.evidence)),
        """,
    )
    assert len(rows) > 5
    assert rows["at_span"].to_list() == rows["raw_text"].to_list()
    assert rows["at_evidence"].to_list() == rows["evidence"].to_list()
    assert all(raw in evidence for raw, evidence in rows.select("raw_text", "evidence").rows())


def test_every_quantity_and_numeral_stands_where_it_is_said_to(home: Home) -> None:
    for table in ("core.fact_quantity", "core.fact_numeral"):
        found = query(
            home,
            f"from {table} join core.document_text using (document_id) "
            "select n: count(*), wrong: count(*) filter (substr(text, span_start + 1, span_end - span_start) <> raw_text)",
        ).row(0)
        assert found[0] > 200 and found[1] == 0


def test_a_copy_counts_once(home: Home) -> None:
    copies = query(home, "from core.dim_report where duplicate_of is not null")
    assert len(copies) >= 1
    assert query(
        home, "from mart.figure semi join (from core.dim_report where duplicate_of is not null) using (report_id)"
    ).is_empty()


@pytest.mark.parametrize("indicator", ["garbage_cleared", "parking_spaces", "volunteers", "funds_invested"])
def test_what_make_run_prints_ranks_only_what_compares_and_says_why_the_rest_does_not(
    home: Home, indicator: str
) -> None:
    assert f" {indicator} " in (ROOT / "Makefile").read_text("utf-8").replace(";", " ")
    found = compare(home, indicator)
    assert len(found) > 0
    for row in found.iter_rows(named=True):
        assert row["comparable"] == (row["rank"] is not None) == (row["why_not"] is None)
        assert row["rank"] is None or row["rank_best"] <= row["rank"] <= row["rank_worst"] <= row["peers"] + 1
