"""How well the quantities of sentences from a grammar of our own are read.

`python -m pytest tests/test_grammar.py -s` prints the figures and what was read wrongly.
"""

from collections import defaultdict

import polars as pl
import pytest
from grammar.sentences import Sentence, sample

from transforms.passages import sentences
from transforms.quantities import read_quantities

SEEDS, SIZE = range(10), 400
FIELDS = ["span_start", "raw_text", "value", "value_high", "raw_unit"]


@pytest.fixture(scope="module")
def read() -> list[tuple[Sentence, list[tuple]]]:
    """The sentences of all seeds, each with the quantities read: `FIELDS`, qualifier and mask."""
    made = [sentence for seed in SEEDS for sentence in sample(seed, SIZE)]
    documents = pl.DataFrame({"document_id": [f"{n:064d}" for n in range(len(made))], "text": [s.text for s in made]})
    reports = documents.select(
        "document_id",
        report_id="document_id",
        is_report=pl.lit(True),
        span_start=pl.lit(0, pl.Int64),
        span_end=pl.col("text").str.len_chars().cast(pl.Int64),
    )
    found = defaultdict(list)
    for row in read_quantities(sentences(documents, reports)).iter_rows(named=True):
        read = (
            *(row[field] for field in FIELDS[:2]),
            *(round(row[f], 6) if row[f] is not None else None for f in FIELDS[2:4]),
        )
        found[row["document_id"]].append((*read, row["raw_unit"], row["qualifier"], row["redacted"]))
    return [(sentence, found[document]) for document, sentence in zip(documents["document_id"], made, strict=True)]


def written(sentence: Sentence) -> list[tuple]:
    """What the grammar wrote, in the same form."""
    rounded = lambda value: None if value is None else round(float(value), 6)  # noqa: E731
    return [
        (q.start, q.text, rounded(q.value), rounded(q.value_high), q.unit, q.qualifier, q.value is None)
        for q in sentence.quantities
    ]


def test_quantities_of_the_grammar_are_read_with_an_f1_of_at_least_995_per_mille(read):
    right = wrote = found = 0
    for sentence, rows in read:
        expected = {row[:5] for row in written(sentence)}
        got = {row[:5] for row in rows}
        right, wrote, found = right + len(expected & got), wrote + len(expected), found + len(got)
        for row in expected ^ got:
            print("missed" if row in expected else "extra ", row, sentence.text)
    f1 = 2 * right / (wrote + found)
    print(f"quantities {wrote}, read {found}, right {right}: F1 {f1:.4f}")
    assert f1 >= 0.995


def test_the_qualifier_and_the_mask_are_right_in_at_least_995_per_mille_of_the_quantities_read_rightly(read):
    pairs = [(a, b) for sentence, rows in read for a in written(sentence) for b in rows if a[:5] == b[:5]]
    assert sum(a == b for a, b in pairs) / len(pairs) >= 0.995


def test_a_seed_always_makes_the_same_sentences():
    assert [s.text for s in sample(7, 20)] == [s.text for s in sample(7, 20)]
