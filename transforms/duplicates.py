"""Copies of reports: exact, near, and cut short, across everything that ever arrived.

A report is compared by its shingles, the stretches of `SHINGLE` characters of its text without
spaces, punctuation and masks. Its sketch keeps those `SLOTS` of them that a fixed hash function
sorts first: a MinHash of the bottom-k kind (Broder 1997). Where two sketches overlap, they are
samples of one kind from both texts, so that they tell which share of one report is in another
however much longer that is, which the slots of a classical MinHash can't.

Shingles of twelve characters tell copies from reports that were written after one model: those
share sentences around other figures, which leaves a quarter of such shingles equal, and half of
those of five characters.
"""

import hashlib

import numpy as np
import polars as pl

from transforms.passages import fold
from transforms.schema import table

SKETCH = table("stage.sketch")
COPIES = pl.Schema({"report_id": pl.String, "duplicate_of": pl.String, "copy_kind": pl.String})

SHINGLE = 12
SLOTS = 128
ALGORITHM = f"bottom{SLOTS}-shingle{SHINGLE}-v1"
# A copy has this share of its shingles in its original, and more where few could be compared.
CONTAINED, DOUBT, FEWEST = 0.62, 0.8, 8
# A copy was cut short where more of the original is missing than differs, by more than chance.
IS_CUT = pl.col("missing") > 1 - pl.col("share") + 0.03
# Reports compared at a time, which bounds memory.
CHUNK = 1_000
# A shingle of so many reports is a set phrase, and no sign of a copy. Two reports earn a closer look by
# this share of the others, of those that the size of the shorter one lets expect.
SET_PHRASE, LIKELY = 100, 0.25
# Reports are found by the smallest slots of each, one for `SPACING` of its shingles and `SCARCE` at least: as many of
# them are in a report that was cut from it, however short that is beside it (FracMinHash, Irber et al. 2022). A copy has
# `MET` of those of its original at least, for one alone meets by chance.
SPACING, SCARCE, MET = 16, 64, 2
# What spacing, typography and masking change between copies: 范县, **县 and ××县.
NOISE = r"[^\p{L}\p{N}]|[xX×]"
END = np.iinfo(np.uint64).max


def sketch(reports: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """The sketches (`stage.sketch`) of those stretches of documents that are reports.

    `reports` has `report_id`, `document_id`, `span_start`, `span_end` and `is_report`
    (`core.dim_report`), `documents` has `document_id`, `arrived_at` and `text`.
    """
    texts = (
        reports.filter("is_report")
        .join(documents.select("document_id", "arrived_at", "text"), on="document_id")
        .select(
            "report_id",
            "arrived_at",
            text=fold(pl.col("text").str.slice(pl.col("span_start"), pl.col("span_end") - pl.col("span_start")))
            .str.to_lowercase()
            .str.replace_all(NOISE, ""),
        )
    )
    parts = [_signed(part) for part in texts.iter_slices(CHUNK)]
    return SKETCH.conform(pl.concat(parts)) if parts else SKETCH.empty()


def _signed(texts: pl.DataFrame) -> pl.DataFrame:
    hashes = _shingle_hashes(texts["text"].to_list()).unique()
    counts = hashes.group_by("row").agg(shingles=pl.len(), hash=pl.col("hash").bottom_k(SLOTS).sort())
    filled = texts.with_row_index("row").join(counts, on="row", how="left").sort("row")
    return filled.with_columns(
        pl.col("shingles").fill_null(0),
        algorithm=pl.lit(ALGORITHM),
        fingerprint=pl.Series(
            [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts["text"]], dtype=pl.String
        ),
        signature=pl.Series(
            [b"" if found is None else found.to_numpy().astype("<u8").tobytes() for found in filled["hash"]],
            dtype=pl.Binary,
        ),
    )


def _shingle_hashes(texts: list[str]) -> pl.DataFrame:
    """`row` and `hash` of every shingle: a polynomial in its code points, mixed as SplitMix64 does.

    The hash is written out here because it is stored: it must not change with a library's version.
    """
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    lengths = np.array([len(text) for text in texts])
    rows = np.repeat(np.arange(len(texts), dtype=np.uint32), lengths)
    windows = len(codes) - SHINGLE + 1
    if windows <= 0:
        return pl.DataFrame(schema={"row": pl.UInt32, "hash": pl.UInt64})
    hashes = np.zeros(windows, dtype=np.uint64)
    for place in range(SHINGLE):
        hashes = hashes * np.uint64(0x100000001B3) + codes[place : place + windows]
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(factor)
    hashes ^= hashes >> np.uint64(31)
    whole = rows[:windows] == rows[SHINGLE - 1 :]
    return pl.DataFrame({"row": rows[:windows][whole], "hash": hashes[whole]})


def find_copies(sketches: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The copies that `sketches` bring about (both `stage.sketch`): `report_id`, `duplicate_of`, `copy_kind`.

    One row a copy; `known` reports are among them where a fuller one arrived after them. A report that
    was cut from a fuller one is its copy, whichever came first; of versions of one text the earliest is
    the original. So the order of arrival in the frames does not matter. `duplicate_of` always names a
    report that is no copy itself. Raises `ValueError` where sketches are of another algorithm.
    """
    everything = pl.concat([sketches, known] if len(known) else [sketches]).unique("report_id", keep="first")
    if set(everything["algorithm"].unique()) - {ALGORITHM}:
        raise ValueError(f"there are sketches of another algorithm than {ALGORITHM}: sketch those reports again")
    ranked = (
        everything.drop("signature")
        .with_row_index("row")
        .sort(["shingles", "arrived_at", "report_id"], descending=[True, False, False])
        .with_row_index("rank")
        .with_columns(is_new=pl.col("report_id").is_in(sketches["report_id"].implode()))
        .with_columns(pl.col("is_new").any().over("fingerprint"), first=pl.col("rank").min().over("fingerprint"))
    )
    exact = ranked.filter("is_new", pl.col("rank") > pl.col("first")).select(copy="rank", original="first")
    texts = ranked.filter(pl.col("rank") == pl.col("first"))
    slots = unpacked(everything).join(texts.select("row", "rank"), on="row").drop("row")
    links = pl.concat([exact, _links(_similar(texts, slots), texts)])
    return _described(_roots(links), ranked, slots)


def unpacked(sketches: pl.DataFrame) -> pl.DataFrame:
    """One row a slot of the sketches (`stage.sketch`): `row` of its sketch, `hash`, whether the report is `found_by` it."""
    sizes = sketches["signature"].bin.size().to_numpy() // 8
    hashes = np.frombuffer(b"".join(sketches["signature"]), dtype="<u8")
    places = np.arange(len(hashes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    wanted = (sketches["shingles"] // SPACING).clip(lower_bound=SCARCE).to_numpy()
    rows = np.repeat(np.arange(len(sketches), dtype=np.uint32), sizes)
    return pl.DataFrame({"row": rows, "hash": hashes, "found_by": places < wanted[rows]})


def _similar(ranked: pl.DataFrame, slots: pl.DataFrame) -> pl.DataFrame:
    """`copy` and `original`, by rank, of pairs of which one is new and which share enough; whether the copy `is_cut`."""
    found = [pl.DataFrame(schema={"copy": pl.UInt32, "original": pl.UInt32, "is_cut": pl.Boolean})]
    sizes = ranked.select("rank", "shingles")
    for part in ranked.filter("is_new").select(new="rank").iter_slices(CHUNK):
        probes = slots.join(part, left_on="rank", right_on="new", how="semi").select("hash", new="rank")
        met = slots.join(probes.select("hash").unique(), on="hash", how="semi")
        rare = met.group_by("hash").len().filter(pl.col("len") <= SET_PHRASE).select("hash")
        # What consists of set phrases, or arrived in a hundred versions, is compared by all it has.
        probes = (
            probes.join(rare.with_columns(is_rare=True), on="hash", how="left")
            .with_columns(rares=pl.col("is_rare").count().over("new"))
            .filter(pl.col("is_rare") | (pl.col("rares") < FEWEST))
            .with_columns(probes=pl.len().over("new"))
        )
        pairs = (
            met.join(probes, on="hash")
            .filter(pl.col("rank") != pl.col("new"))
            .group_by("new", "rank")
            .agg(pl.len(), pl.col("probes").first())
            .select("len", "probes", copy=pl.max_horizontal("rank", "new"), original=pl.min_horizontal("rank", "new"))
            .join(sizes.rename({"rank": "copy"}), on="copy")
            .join(sizes.rename({"rank": "original"}), on="original", suffix="_original")
            .filter(pl.col("len") >= LIKELY * pl.col("probes") * pl.col("shingles") / pl.col("shingles_original"))
            .unique(["copy", "original"])
            .select(
                "copy",
                "original",
                missing=1 - pl.col("shingles") / pl.col("shingles_original"),
                expected=pl.col("shingles") / (pl.col("shingles_original") / SLOTS).clip(lower_bound=SPACING),
            )
        )
        shares = pairs.join(_contained(pairs, slots), on=["copy", "original"]).filter(
            pl.col("met") >= (LIKELY * pl.col("expected")).clip(lower_bound=MET),
            pl.col("compared") >= FEWEST,
            pl.col("share") >= CONTAINED + DOUBT / pl.col("compared").sqrt(),
        )
        found.append(shares.select("copy", "original", is_cut=IS_CUT))
    return pl.concat(found).unique()


def _links(pairs: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """`copy` and `original` with one original a copy: versions of one text lead to one of them, this to a fuller text."""
    cut = pairs.filter("is_cut")
    members = (
        texts.select("rank", "shingles", "arrived_at", "report_id")
        .join(_groups(pairs.filter(~pl.col("is_cut"))), on="rank", how="left")
        .with_columns(pl.coalesce("group", "rank"), is_cut=pl.col("rank").is_in(cut["copy"].implode()))
        .sort("is_cut", "arrived_at", "report_id")
        .with_columns(root=pl.col("rank").first().over("group"), size=pl.col("shingles").max().over("group"))
        .select("rank", "root", "size")
    )
    fuller = (
        cut.join(members.filter(pl.col("rank") == pl.col("root")), left_on="copy", right_on="rank")
        .join(members, left_on="original", right_on="rank", suffix="_fuller")
        .filter(pl.col("size_fuller") > pl.col("size"))
        .sort("size_fuller", "root_fuller", descending=[True, False])
        .group_by("copy", maintain_order=True)
        .agg(original=pl.col("root_fuller").first())
    )
    versions = members.filter(pl.col("rank") != pl.col("root")).select(copy="rank", original="root")
    return pl.concat([versions, fuller])


def _groups(pairs: pl.DataFrame) -> pl.DataFrame:
    """`rank` and `group` of all reports in these pairs: those that are connected have the group of the lowest."""
    sides = [pairs.select(rank=one, other=other) for one, other in (("copy", "original"), ("original", "copy"))]
    edges = pl.concat(
        [*sides, pairs.select(rank="copy", other="copy"), pairs.select(rank="original", other="original")]
    )
    groups = edges.select("rank", group="rank").unique()
    while True:
        nearer = edges.join(groups, left_on="other", right_on="rank").group_by("rank").agg(pl.col("group").min())
        if nearer.sort("rank").equals(groups.sort("rank")):
            return groups
        groups = nearer


def _contained(pairs: pl.DataFrame, slots: pl.DataFrame) -> pl.DataFrame:
    """`copy`, `original`, the `share` of the copy that is in the original, the number of shingles `compared` for it.

    `met` is how many of the slots that the original is found by are in the copy. Beyond its last slot
    a full sketch says nothing of its report, so only hashes up to there compare.
    """
    ranks = pl.concat([pairs["copy"], pairs["original"]]).unique()
    own = slots.join(pl.DataFrame({"rank": ranks}), on="rank", how="semi")
    reach = own.group_by(original="rank").agg(
        last=pl.when(pl.len() == SLOTS).then(pl.col("hash").max()).otherwise(pl.lit(END, pl.UInt64))
    )
    return (
        pairs.select("copy", "original")
        .join(reach, on="original")
        .join(own.select("hash", copy="rank"), on="copy")
        .filter(pl.col("hash") <= pl.col("last"))
        .join(own.select("hash", original="rank", met="found_by"), on=["original", "hash"], how="left")
        .group_by("copy", "original")
        .agg(pl.col("met").sum(), compared=pl.len(), share=pl.col("met").is_not_null().mean())
    )


def _roots(links: pl.DataFrame) -> pl.DataFrame:
    """`copy` and `original` with chains followed to their end: an original is no copy itself."""
    further = links.rename({"copy": "original", "original": "root"})
    while True:
        followed = links.join(further, on="original", how="left")
        if followed["root"].null_count() == len(followed):
            return links
        links = followed.select("copy", original=pl.coalesce("root", "original"))


def _described(links: pl.DataFrame, ranked: pl.DataFrame, slots: pl.DataFrame) -> pl.DataFrame:
    """The copies by the names of the reports, with the kind of each."""
    about = ranked.select("rank", "first", "report_id", "shingles", "fingerprint")
    named = links.join(about.rename({"rank": "copy"}), on="copy").join(
        about.rename({"rank": "original", "report_id": "duplicate_of"}), on="original", suffix="_original"
    )
    shares = _contained(named.select(copy="first", original="original").unique(), slots)
    return (
        named.join(shares, left_on=["first", "original"], right_on=["copy", "original"], how="left")
        .with_columns(missing=1 - pl.col("shingles") / pl.col("shingles_original"))
        .with_columns(
            copy_kind=pl.when(pl.col("fingerprint") == pl.col("fingerprint_original"))
            .then(pl.lit("exact"))
            .when(IS_CUT)
            .then(pl.lit("truncated"))
            .otherwise(pl.lit("near"))
        )
        .select(list(COPIES))
        .sort("report_id")
    )
