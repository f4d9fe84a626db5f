"""The place that each report is about, who reports, and from which level.

Every mention of a division is weighed by the words around it: a slogan or a document named after a
place speaks for it, a partner, a neighbour or a company's name does not, a superior only for what is
below it. The level that the report speaks from (我市, 我区, 我镇, 我局) decides what kind of place is
looked for. A place that is masked is inferred from what the text gives away: counties or towns named
as its own, or a byname. Where nothing decides, none is claimed.

Which words speak for what is data: `vocabulary/places.toml` and `organisations.toml`.
"""

from functools import cache
from typing import Any

import polars as pl

from transforms.divisions import RANKS, find_places, names, places
from transforms.organisations import name_organisations
from transforms.passages import fold
from transforms.reports import heard, voices
from transforms.vocabulary import VocabularyError, expression, load

__all__ = ["contexts", "find_places", "locate", "places"]

LOCATED = [
    "place_id",
    "place_name",
    "adcode",
    "place_basis",
    "place_evidence",
    "place_candidates",
    "organisation",
    "level",
]
PROVINCE, CITY, COUNTY, TOWN, UNIT = 1, 2, 3, 4, 5
LEVELS = {rank: level for level, rank in RANKS.items()} | {UNIT: "unit"}
MUNICIPALITIES = ["北京市", "天津市", "上海市", "重庆市"]
# What an open-ended validity and an undated report count as.
FOREVER = 9999

# Least share of what a report says of itself in which the speaker is heard, and how often 全区 or 全市
# is said where nothing else is.
HEARD, WHOLE_DISTRICT, WHOLE_CITY = 0.2, 2, 3

# Weight of a mention: by a full name, by a short one, in the title, as the subject of the first sentences.
FULL, SHORT, TITLE, SUBJECT = 1.0, 0.5, 5.0, 3.0
# Weight of a name that another follows at once, 泰州市 in 泰州市兴化市, and of one that tells nothing
# but which other names are near.
QUALIFIER, PASSING = 0.5, 0.1
# Beginning of a report, in code points, in which its subject is named, and what may stand before it in its clause.
LEAD, SUBJECT_BEFORE = 200, r"^[\s《“\"(]*(?:[0-9]{4}年.{0,6}|近.{0,2}年来|今年以来|.{0,4}以来)?$"
# Code points kept on either side of a name as evidence.
SNIPPET = 12

# Support that a claim needs, how often a name must be spoken of where no one speaks, and by what factor
# a place must be ahead of any other.
ENOUGH, OFTEN, MARGIN = 2.0, 3, 1.3
# What a mention as a superior takes from a place at the level that speaks.
SUPERIOR = 2.0
# Divisions of one parent that must be named to give it away.
CHILDREN = 2


@cache
def _pattern(section: str, entry: str) -> str:
    return expression(load("places.toml")[section][entry], f"places.toml: {section}.{entry}")


def locate(reports: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """The reports with the place that each is about.

    `reports` has the columns of `transforms.reports.find_reports`; `documents` has `document_id`,
    `text`, `created_on` (ISO date) and, if known, `file_name`. Adds `place_id`, `place_name`,
    `adcode` (that of the county for a town), `place_basis` (`stated` or `inferred`),
    `place_evidence` (the words it was read from), `place_candidates` (adcodes that an ambiguous
    name leaves open), `organisation` and `level`; all null for what is no report.
    """
    texts = _texts(reports, documents)
    parts = [texts.select("key", source=pl.lit(part), text=part) for part in ("text", "title", "file", "around")]
    speakers = _speakers(texts)
    meanings = _resolved(_meanings(_weighed(find_places(pl.concat(parts))), speakers))
    found = _claimed(_options(meanings), speakers).join(texts, on="key").pipe(name_organisations)
    found = found.select("key", pl.col(LOCATED).cast(pl.String))
    return reports.join(found, left_on="report_id", right_on="key", how="left", maintain_order="left")


def _texts(reports: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """The words of each report: `key, text, title, file` (title and name of a file of one report), `around`, `dated`."""
    name = pl.col("file_name").str.replace(r"\.\w+$", "") if "file_name" in documents.columns else pl.lit("")
    file = fold(pl.concat_str(pl.col("title").fill_null(""), name, separator="\n"))
    alone = pl.len().over("document_id") == 1
    written = pl.coalesce("reported_on", "created_on").str.head(4).cast(pl.Int64, strict=False)
    return (
        reports.join(documents.select("document_id", "text", "created_on", file=file), on="document_id")
        .with_columns(
            file=pl.when(alone).then("file").otherwise(pl.lit("")),
            around=pl.when(alone).then(pl.lit("")).otherwise("file"),
        )
        .filter("is_report")
        .select(
            "file",
            "around",
            key="report_id",
            text=fold(pl.col("text").str.slice("span_start", pl.col("span_end") - pl.col("span_start"))),
            title=fold(pl.col("title").fill_null("")),
            dated=pl.coalesce("year", written),
        )
    )


def _speakers(texts: pl.DataFrame) -> pl.DataFrame:
    """Who speaks in each report: `key, dated, speaker` (a rank), `voice`, `masked`, `region`, `small`.

    `voice` is the word behind 我; `masked` says that the speaker's own name is made unreadable,
    `region` that it is a 地区, `small` that it has towns and no counties below it.
    """
    text, word = pl.col("text"), pl.col("word")
    hidden_name = _pattern("masks", "self")
    said = (
        texts.select("key", word=heard(text))
        .explode("word")
        .join(voices(), on="word")
        .select("key", "rank", voice=word.str.slice(1))
    )
    hidden = (
        texts.filter(text.str.contains(_pattern("level", "town")))
        .select("key", voice=text.str.extract_all(hidden_name))
        .explode("voice", empty_as_null=False)
        .select("key", "voice", rank=pl.lit(TOWN, pl.Int64))
    )
    # A bureau says 我市 as well, a city never 我局: of the voices heard more than in passing, the lowest speaks.
    speaking = (
        pl.concat([said, hidden], how="diagonal")
        .group_by("key", "rank")
        .agg(times=pl.len(), voice=pl.col("voice").sort_by(pl.col("voice") == "单位").mode(maintain_order=True).first())
        .filter(pl.col("times") > HEARD * pl.col("times").sum().over("key"))
        .group_by("key")
        .agg(speaker=pl.col("rank").max(), voice=pl.col("voice").sort_by("rank").last())
    )
    silent = (
        pl.when(text.str.count_matches("全区") >= WHOLE_DISTRICT)
        .then(COUNTY)
        .when(text.str.count_matches("全市") >= WHOLE_CITY)
        .then(CITY)
    )
    speakers = texts.join(speaking, on="key", how="left").with_columns(speaker=pl.coalesce("speaker", silent))
    own_name = [
        (pl.col("speaker") == rank) & text.str.contains(_pattern("masks", LEVELS[rank]))
        for rank in (CITY, COUNTY, TOWN)
    ]
    return speakers.select(
        "key",
        "dated",
        "speaker",
        "voice",
        masked=pl.any_horizontal(text.str.contains(hidden_name), *own_name).fill_null(False),
        region=text.str.contains(_pattern("level", "region")),
        small=text.str.contains(_pattern("level", "of_county")) & ~text.str.contains(_pattern("level", "of_city")),
    )


def contexts(declared: list[dict[str, Any]]) -> list[tuple[str, pl.Expr, float, bool, bool]]:
    """The entries of `[[context]]` in `places.toml`: name, condition on `before` and `after`, weight, own, superior.

    Raises `VocabularyError` for an entry that lacks a side or a weight, or that is no regular expression.
    """
    found = []
    for entry in declared:
        where = f"places.toml: context {entry.get('name')!r}"
        sides = [side for side in ("before", "after") if side in entry]
        if (
            entry.keys() - {"name", "before", "after", "weight", "own", "superior"}
            or not sides
            or "weight" not in entry
        ):
            raise VocabularyError(
                f"transforms/vocabulary/{where} {[entry[side] for side in sides]}: "
                "needs name, weight, and before or after; may have own and superior"
            )
        fits = pl.all_horizontal(pl.col(side).str.contains(expression(entry[side], where)) for side in sides)
        found.append(
            (entry["name"], fits, float(entry["weight"]), entry.get("own", False), entry.get("superior", False))
        )
    return found


@cache
def _contexts() -> list[tuple[str, pl.Expr, float, bool, bool]]:
    return contexts(load("places.toml")["context"])


def _weighed(mentions: pl.DataFrame) -> pl.DataFrame:
    """Adds `role`, `weight` and whether the place is `own` or `superior`: what the words around a mention say of it.

    The members of a list (A、B和C) are partners together, and so are those that lie in several
    prefectures.
    """
    before, adcode = pl.col("before"), pl.col("adcode").str.head(4)
    only = (adcode.n_unique() == 1) & (pl.col("rank").min() > PROVINCE)
    prefectures = names().group_by("written").agg(prefecture=pl.when(only).then(adcode.first()))
    linked = pl.col("between").str.contains(r"^(?:\p{Han}{0,4}[、和及与]|以及)?$").fill_null(False)
    qualifies = (pl.col("between").shift(-1).over("clause") == "").fill_null(False)
    leading = pl.col("full") & (pl.col("start") < LEAD) & before.str.contains(SUBJECT_BEFORE)
    partner = pl.any_horizontal(fits for _, fits, weight, *_ in _contexts() if not weight)
    cases = [
        ("partner", pl.col("partner"), 0.0, False, False),
        ("qualifier", qualifies, QUALIFIER, False, True),
        ("title", pl.col("source").is_in(["title", "file"]), TITLE, True, False),
        ("around", pl.col("source") == "around", PASSING, False, False),
        ("subject", leading & ~pl.col("after").str.starts_with("、"), SUBJECT, True, False),
        *(context for context in _contexts() if context[2]),
        ("named", pl.col("full"), FULL, False, False),
        ("short", pl.lit(True), SHORT, False, False),
    ]
    answers = pl.DataFrame(
        [(number, role, weight, own, superior) for number, (role, _, weight, own, superior) in enumerate(cases)],
        schema={"case": pl.Int32, "role": pl.String, "weight": pl.Float64, "own": pl.Boolean, "superior": pl.Boolean},
        orient="row",
    )
    group = ["clause", "list"]
    return (
        mentions.join(prefectures, on="written", how="left", maintain_order="left")
        .with_columns(list=(~linked).cast(pl.Int64).cum_sum().over("clause"))
        .with_columns(
            partner=partner.any().over(group) | (pl.col("prefecture").drop_nulls().n_unique().over(group) > 1)
        )
        .with_columns(
            case=pl.coalesce(pl.when(fits).then(number) for number, (_, fits, *_) in enumerate(cases)).cast(pl.Int32)
        )
        .join(answers, on="case", maintain_order="left")
        .drop("case", "prefecture")
    )


def _meanings(mentions: pl.DataFrame, speakers: pl.DataFrame) -> pl.DataFrame:
    """The divisions that each name in a report can mean: those in force when it was written, else the nearest in time.

    A short name `counts` where the full one is in the report too, or where the words around it make it
    a place's often enough; less of that still speaks for the meanings of other names.
    """
    name = ["key", "written"]
    named = (
        mentions.group_by(name)
        .agg(
            weight=pl.col("weight").sum(),
            times=(pl.col("weight") > 0).sum(),
            owned=pl.col("own").sum(),
            superior=pl.col("superior").sum(),
            sibling=(pl.col("role") == "sibling").any(),
            titled=(pl.col("role") == "title").any(),
            headed=pl.col("role").is_in(["title", "subject"]).any(),
            evidence=pl.concat_str(pl.col("before").str.tail(SNIPPET), "written", pl.col("after").str.head(SNIPPET))
            .sort_by("weight", descending=True)
            .first(),
        )
        .join(names(), on="written")
        .join(speakers, on="key")
    )
    rank, kind, often = pl.col("rank"), pl.col("kind"), pl.col("times") >= OFTEN
    year, ends = pl.col("dated").fill_null(FOREVER - 1), pl.col("valid_to").fill_null(FOREVER)
    away = (
        pl.when(pl.col("region") & pl.col("name").str.ends_with("地区"))
        .then(-1)
        .when(rank == TOWN)
        .then(0)
        .otherwise(pl.max_horizontal(pl.col("valid_from") - year, year - ends + 1, 0))
    )
    current = named.with_columns(away=away).filter(pl.col("away") == pl.col("away").min().over(name))
    spelled = current.filter(kind == "full").select("key", "place_id", spelled=True).unique()
    owned, byname = pl.col("owned") > 0, kind == "byname"
    spoken_of = pl.when(rank <= CITY).then(owned | often).otherwise(owned & often)
    return (
        current.join(spelled, on=["key", "place_id"], how="left")
        .with_columns(pl.col("spelled").fill_null(False))
        .filter((kind != "short") | pl.col("spelled") | (rank == rank.min().over(name)))
        .with_columns(
            weight=pl.when(byname & (pl.col("times") > 0)).then(pl.max_horizontal("weight", FULL)).otherwise("weight"),
            owned=pl.when(byname).then("times").otherwise("owned"),
            counts=(kind != "short") | pl.col("spelled") | pl.col("titled") | spoken_of,
        )
        .filter(pl.col("counts") | owned)
    )


def _resolved(meanings: pl.DataFrame) -> pl.DataFrame:
    """Of the meanings of a name, those that the other names in the report speak for; `open` counts what is left.

    A division above a meaning speaks for it, the closer the more, and so do those beside it; a name
    that is ambiguous itself speaks for each of its meanings by a share.
    """
    name = ["key", "written"]
    share = pl.max_horizontal("weight", PASSING) / pl.len().over(name)
    context = pl.lit(0.0)
    for rank in (PROVINCE, CITY, COUNTY):
        area = pl.col("adcode").str.head(2 * rank)
        inside = pl.when(pl.col("rank") >= rank).then("share").otherwise(0.0)
        context = context + rank * (inside.sum().over("key", area) - inside.sum().over(*name, area))
    meanings = meanings.with_columns(share=share).with_columns(context=context.round(6))
    return meanings.filter(pl.col("context") == pl.col("context").max().over(name)).with_columns(
        open=pl.len().over(name)
    )


def _options(meanings: pl.DataFrame) -> pl.DataFrame:
    """The places that each report can be about: `key, place_id, name, adcode, rank, score, open, evidence, way, basis`.

    `way` says how it gives the place away: 0 it names one at the level that speaks, 1 it names
    enough of those below one, 2 it names one above the level that speaks.
    """
    rank, speaker, score, owned = pl.col("rank"), pl.col("speaker"), pl.col("score"), pl.col("owned") > 0
    support = (
        meanings.filter("counts", pl.col("weight") > 0)
        .group_by("key", "place_id")
        .agg(
            pl.first("name", "adcode", "rank", "speaker", "voice", "masked"),
            score=(pl.col("weight") / pl.col("open")).sum(),
            open=pl.col("open").min(),
            owned=pl.col("owned").sum(),
            superior=pl.col("superior").sum(),
            headed=pl.col("headed").any(),
            named=(pl.col("kind") != "byname").any(),
            evidence=pl.col("evidence").sort_by("weight", descending=True).first(),
        )
    )
    city = (rank == CITY) | pl.col("name").is_in(MUNICIPALITIES)
    county_city = (rank == COUNTY) & pl.col("name").str.ends_with("市")
    region = (rank == PROVINCE) & pl.col("name").str.ends_with("自治区") & pl.col("headed")
    # A superior of the level that speaks is not the speaker: 省和盐城市 in a report of 大丰市.
    net = pl.when((speaker == CITY) & city).then(score - SUPERIOR * pl.col("superior")).otherwise(score)
    below_province = (rank > PROVINCE) | city
    direct = (
        pl.when(speaker.is_null())
        .then(pl.col("headed") | (pl.col("owned") >= OFTEN))
        .when(speaker == UNIT)
        .then((owned | (score > FULL)) & (below_province | pl.col("headed") | (pl.col("voice") == "厅")))
        .when((rank == speaker) | ((speaker == CITY) & (city | county_city)) | ((speaker == COUNTY) & region))
        .then((net > 0) & (owned | ((net >= ENOUGH) & ~pl.col("masked"))))
        .otherwise(False)
    )
    above = speaker.is_in([COUNTY, TOWN]) & (rank < speaker) & below_province & (owned | (score >= FULL))
    hidden = pl.col("masked") | ~pl.col("named")
    stated = pl.concat(
        [support.filter(direct).with_columns(score=net, way=0), support.filter(above).with_columns(way=2)]
    ).with_columns(basis=pl.when(hidden).then(pl.lit("inferred")).otherwise(pl.lit("stated")))
    # 八里湖街道 is in 九江, but a report that speaks of its own 埇桥区 means another, which no list has.
    area = pl.col("adcode").str.head(2 * rank)
    own = support.filter(owned | (pl.col("superior") > 0), pl.col("open") == 1)
    options = pl.concat([stated, _given_away(meanings)], how="diagonal_relaxed")
    elsewhere = (
        options.join(own.select("key", area=area, area_rank="rank"), on="key")
        .filter(pl.col("area_rank") < rank)
        .group_by("key", "place_id")
        .agg(inside=pl.col("place_id").first().str.starts_with(pl.col("area")).any())
        .filter(~pl.col("inside"))
    )
    return options.join(elsewhere, on=["key", "place_id"], how="anti")


def _given_away(meanings: pl.DataFrame) -> pl.DataFrame:
    """The places at the level that speaks of which a report names enough divisions, as `_options`.

    What counts is the division right below the place that a name is in: two towns of one county do
    not give its prefecture away, but may give away a city at county level.
    """
    named = meanings.filter(pl.col("kind") == "full", pl.col("weight") > 0, pl.col("speaker").is_in([CITY, COUNTY]))
    below = pl.concat(
        [
            named.with_columns(below="place_id", above="parent_id"),
            named.with_columns(below="parent_id", above="grandparent_id"),
        ]
    )
    rank = pl.col("level").replace_strict(RANKS, return_dtype=pl.Int64)
    counted = below.group_by("key", "speaker", place_id="above").agg(
        score=(pl.col("below").n_unique() + pl.col("sibling").any()).cast(pl.Float64),
        evidence=pl.col("written").unique(maintain_order=True).str.join("、"),
    )
    county_city = (pl.col("speaker") == CITY) & (pl.col("rank") == COUNTY) & pl.col("name").str.ends_with("市")
    return (
        counted.join(places().select("place_id", "name", "adcode", rank=rank), on="place_id")
        .filter((pl.col("rank") == pl.col("speaker")) | county_city, pl.col("score") >= CHILDREN)
        .with_columns(open=1, way=1, basis=pl.lit("inferred"))
    )


def _claimed(options: pl.DataFrame, speakers: pl.DataFrame) -> pl.DataFrame:
    """One row a report: the best of its options, claimed unless another is as good, with `voice`, `speaker` and `level`.

    `own` says whether the place is at the level that speaks. What lies in the place claimed, or
    around it, is no rival.
    """
    speaker, rank, prefecture = pl.col("speaker"), pl.col("rank"), pl.col("adcode").str.head(4)
    unrelated = (rank == rank.first()) | (prefecture != prefecture.first())
    chosen = (
        options.filter(pl.col("way") == pl.col("way").min().over("key"))
        .sort("key", "score", "rank", "place_id", descending=[False, True, True, False])
        .group_by("key", maintain_order=True)
        .agg(
            pl.first("place_id", "name", "rank", "basis", "evidence", "open"),
            rivals=pl.col("adcode")
            .filter(unrelated & (pl.col("score") * MARGIN > pl.col("score").first()))
            .unique()
            .sort(),
            adcode=pl.first("adcode"),
        )
        .with_columns(claimed=pl.col("rivals").list.len() == 1)
    )
    claimed, left_open = pl.col("claimed").fill_null(False), (pl.col("open") > 1).fill_null(False)
    level = (
        pl.when(claimed & (speaker.is_null() | (speaker == CITY) | (rank == PROVINCE)))
        .then(rank)
        .when((speaker == CITY) & pl.col("small"))
        .then(COUNTY)
        .otherwise(speaker)
    )
    return speakers.join(chosen, on="key", how="left").select(
        "key",
        "voice",
        "speaker",
        level=level.replace_strict(LEVELS, return_dtype=pl.String, default=None),
        own=claimed & (rank == level),
        place_id=pl.when(claimed).then("place_id"),
        place_name=pl.when(claimed).then("name"),
        adcode=pl.when(claimed).then("adcode"),
        place_basis=pl.when(claimed).then("basis"),
        place_evidence=pl.when(claimed | left_open).then("evidence"),
        place_candidates=pl.when(~claimed & left_open).then(pl.col("rivals").list.join(",")),
    )
