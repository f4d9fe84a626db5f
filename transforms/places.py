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
from transforms.passages import fold
from transforms.reports import heard, voices
from transforms.vocabulary import VocabularyError, load

__all__ = ["find_places", "locate", "places"]

LOCATED = {
    "place_id": pl.String,
    "place_name": pl.String,
    "adcode": pl.String,
    "place_basis": pl.String,
    "place_evidence": pl.String,
    "place_candidates": pl.String,
    "organisation": pl.String,
    "level": pl.String,
}
NATION, PROVINCE, CITY, COUNTY, TOWN, UNIT = 0, 1, 2, 3, 4, 5
LEVELS = {rank: level for level, rank in RANKS.items()} | {UNIT: "unit"}
DIVISION = "(?:市|县|区|旗|州|地区|镇|乡|街道)"
MUNICIPALITIES = ["北京市", "天津市", "上海市", "重庆市"]

# Weight of a mention: by a full name, by a short one, in the title, as the subject of the first sentences.
FULL, SHORT, TITLE, SUBJECT = 1.0, 0.5, 5.0, 3.0
# Weight of a name that another follows at once: 泰州市 in 泰州市兴化市.
QUALIFIER = 0.5
# What a mention as a superior takes from a place at the level that speaks.
SUPERIOR = 2.0
# Beginning of a report, in code points, in which its subject is named, and what may stand before it in its clause.
LEAD, SUBJECT_BEFORE = 200, r"^[\s《“\"(]*(?:[0-9]{4}年.{0,6}|近.{0,2}年来|今年以来|.{0,4}以来)?$"
# What a mention that says nothing about the place still says about the other names.
PASSING = 0.1
# Code points kept on either side of a name as evidence.
SNIPPET = 12
# Support that a claim needs, and by what factor it must exceed that of any other place.
ENOUGH, MARGIN = 2.0, 1.3
# How often a place, or an office, must be spoken of in a report that does not say who speaks.
OFTEN = 3
# Divisions of one parent that must be named to give it away.
CHILDREN = 2
# What an open-ended validity and an undated report count as.
FOREVER = 9999


def _vocabulary(section: str) -> Any:
    return load("places.toml")[section]


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
    found = _claimed(_options(meanings), speakers).join(texts, on="key").pipe(_organised)
    columns = [pl.col(name).cast(kind) for name, kind in LOCATED.items()]
    return reports.join(
        found.select("key", *columns), left_on="report_id", right_on="key", how="left", maintain_order="left"
    )


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
    """Who speaks in each report: `key, dated, speaker` (a rank), `voice`, `masked`, `region`, `small`."""
    level, masks, text = _vocabulary("level"), _vocabulary("masks"), pl.col("text")
    said = (
        texts.select("key", word=heard(text))
        .explode("word")
        .join(voices(), on="word")
        .group_by("key", "rank")
        .agg(
            times=pl.len(),
            voice=pl.col("word")
            .str.slice(1)
            .sort_by(pl.col("word").str.ends_with("单位"))
            .mode(maintain_order=True)
            .first(),
        )
    )
    hidden = texts.select("key", times=text.str.count_matches(masks["self"]), town=text.str.contains(level["town"]))
    said = pl.concat(
        [
            said.with_columns(times=pl.col("times").cast(pl.Int64)),
            hidden.filter("town", pl.col("times") > 0).select(
                "key", rank=pl.lit(TOWN, pl.Int64), times=pl.col("times").cast(pl.Int64), voice=pl.lit("masked")
            ),
        ]
    )
    # A bureau says 我市 as well, a city never 我局: of the voices heard more than in passing, the lowest speaks.
    speaking = (
        said.filter(pl.col("times") > 0.2 * pl.col("times").sum().over("key"))
        .sort("rank", descending=True)
        .group_by("key", maintain_order=True)
        .agg(speaker=pl.col("rank").first(), voice=pl.col("voice").first())
    )
    whole = pl.when(text.str.count_matches("全区") > 1).then(COUNTY).when(text.str.count_matches("全市") > 2).then(CITY)
    speaker = pl.coalesce("speaker", whole)
    by_level = {CITY: "city", COUNTY: "county", TOWN: "town"}
    masked = pl.when(text.str.contains(masks["self"])).then(True)
    for rank, name in by_level.items():
        masked = masked.when(pl.col("speaker") == rank).then(text.str.contains(masks[name]))
    return (
        texts.join(speaking, on="key", how="left")
        .with_columns(speaker=speaker)
        .select(
            "key",
            "dated",
            "speaker",
            "voice",
            masked=masked.otherwise(False),
            region=text.str.contains(level["region"]),
            small=text.str.contains(level["of_county"]) & ~text.str.contains(level["of_city"]),
        )
    )


@cache
def _contexts() -> list[dict[str, Any]]:
    contexts = _vocabulary("context")
    for entry in contexts:
        unknown = entry.keys() - {"name", "before", "after", "weight", "own", "superior"}
        if unknown or not entry.keys() & {"before", "after"} or "weight" not in entry:
            raise VocabularyError(
                f"transforms/vocabulary/places.toml: context {entry.get('name')!r}: needs before or after, and weight"
            )
    return contexts


def _weighed(mentions: pl.DataFrame) -> pl.DataFrame:
    """Adds `role`, `weight` and whether the place is `own` or `superior`: what the words around a mention say of it.

    The members of a list (A、B和C) are partners together, and so are those that lie in several
    prefectures.
    """
    before, after, known = pl.col("before"), pl.col("after"), names()
    single = known.group_by("written").agg(
        prefecture=pl.when((pl.col("adcode").str.head(4).n_unique() == 1) & (pl.col("rank").min() > PROVINCE)).then(
            pl.col("adcode").str.head(4).first()
        )
    )
    linked = pl.col("between").str.contains(r"^(?:\p{Han}{0,4}[、和及与]|以及)?$").fill_null(False)
    qualifies = (pl.col("between").shift(-1).over("clause") == "").fill_null(False)
    fitting = [
        (
            pl.all_horizontal(pl.col(side).str.contains(entry[side]) for side in ("before", "after") if side in entry),
            entry,
        )
        for entry in _contexts()
    ]
    partner = pl.any_horizontal(fits for fits, entry in fitting if entry["weight"] == 0)
    subject = (
        pl.col("full") & (pl.col("start") < LEAD) & before.str.contains(SUBJECT_BEFORE) & ~after.str.starts_with("、")
    )
    cases = [
        ("partner", pl.col("partner"), 0.0, False, False),
        ("qualifier", qualifies, QUALIFIER, False, True),
        ("title", pl.col("source").is_in(["title", "file"]), TITLE, True, False),
        ("around", pl.col("source") == "around", PASSING, False, False),
        ("subject", subject, SUBJECT, True, False),
        *(
            (e["name"], fits, float(e["weight"]), e.get("own", False), e.get("superior", False))
            for fits, e in fitting
            if e["weight"]
        ),
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
        mentions.join(single, on="written", how="left", maintain_order="left")
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
    rank, kind = pl.col("rank"), pl.col("kind")
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
    spoken_of = (pl.col("owned") > 0) & ((rank <= CITY) | (pl.col("times") > 2)) | (rank <= CITY) & (
        pl.col("times") > 2
    )
    a_byname = kind == "byname"
    return (
        current.join(spelled, on=["key", "place_id"], how="left")
        .with_columns(pl.col("spelled").fill_null(False))
        .filter((kind != "short") | pl.col("spelled") | (rank == rank.min().over(name)))
        .with_columns(
            weight=pl.when(a_byname & (pl.col("times") > 0))
            .then(pl.max_horizontal("weight", FULL))
            .otherwise("weight"),
            owned=pl.when(a_byname).then("times").otherwise("owned"),
            counts=(kind == "full") | a_byname | pl.col("spelled") | pl.col("titled") | spoken_of,
        )
        .filter(pl.col("counts") | (pl.col("owned") > 0))
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
    alike = (
        pl.when(speaker == CITY)
        .then(city | ((rank == COUNTY) & pl.col("name").str.ends_with("市")))
        .when((speaker == COUNTY) & pl.col("name").str.ends_with("自治区"))
        .then(pl.col("headed"))
        .otherwise(rank == speaker)
    )
    # A superior of the level that speaks is not the speaker: 省和盐城市 in a report of 大丰市.
    net = pl.when((speaker == CITY) & city).then(score - SUPERIOR * pl.col("superior")).otherwise(score)
    enough = (
        pl.when(speaker.is_null())
        .then(pl.col("headed") | (pl.col("owned") >= OFTEN))
        .when(speaker == UNIT)
        .then((owned | (score > FULL)) & ((rank > PROVINCE) | city | pl.col("headed") | (pl.col("voice") == "厅")))
        .otherwise((net > 0) & (owned | ((net >= ENOUGH) & ~pl.col("masked"))))
    )
    direct = support.filter(alike | speaker.is_null() | (speaker == UNIT), enough).with_columns(score=net, way=0)
    above = support.filter(
        speaker.is_in([COUNTY, TOWN]), (rank < speaker) & ((rank > PROVINCE) | city), owned | (score >= FULL)
    )
    hidden = pl.col("masked") | ~pl.col("named")
    stated = pl.concat([direct, above.with_columns(way=2)]).with_columns(
        basis=pl.when(hidden).then(pl.lit("inferred")).otherwise(pl.lit("stated"))
    )
    options = pl.concat([stated, _given_away(meanings)], how="diagonal_relaxed")
    # 八里湖街道 is in 九江, but a report that speaks of its own 埇桥区 means another, which no list names.
    spoken_of = (pl.col("owned") > 0) | (pl.col("superior") > 0)
    area = pl.col("adcode").str.head(2 * pl.col("rank"))
    own = support.filter(spoken_of, pl.col("open") == 1).select("key", area=area, area_rank="rank")
    placed = options.join(own, on="key").filter(pl.col("area_rank") < pl.col("rank"))
    inside = pl.col("place_id").str.starts_with(pl.col("area"))
    elsewhere = placed.group_by("key", "place_id").agg(inside=inside.any()).filter(~pl.col("inside"))
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
    """One row a report: its best option, claimed unless others are as good; `level`, and the adcodes left open."""
    best = pl.col("score").first()
    rivals = (
        (pl.col("rank") == pl.col("rank").first())
        | (pl.col("adcode").str.head(4) != pl.col("adcode").first().str.head(4))
    ) & (pl.col("score") * MARGIN > best)
    chosen = (
        options.filter(pl.col("way") == pl.col("way").min().over("key"))
        .sort("key", "score", "rank", "place_id", descending=[False, True, True, False])
        .group_by("key", maintain_order=True)
        .agg(
            pl.first("place_id", "rank", "basis", "evidence", "open"),
            place_name=pl.first("name"),
            place_adcode=pl.first("adcode"),
            rivals=pl.col("adcode").filter(rivals).unique().sort(),
        )
        .with_columns(claimed=pl.col("rivals").list.len() == 1)
    )
    speaker, rank = pl.col("speaker"), pl.col("rank")
    level = (
        pl.when(pl.col("claimed") & ((speaker == CITY) | (rank == PROVINCE)))
        .then("rank")
        .when((speaker == CITY) & pl.col("small"))
        .then(COUNTY)
    )
    claimed = pl.col("claimed").fill_null(False)
    return speakers.join(chosen, on="key", how="left").select(
        "key",
        "voice",
        "speaker",
        level=level.otherwise(pl.coalesce("speaker", pl.when(claimed).then(rank))).replace_strict(
            LEVELS, return_dtype=pl.String, default=None
        ),
        own=claimed & (rank == pl.coalesce(speaker, rank)) | (claimed & (speaker == CITY)),
        place_id=pl.when(claimed).then("place_id"),
        place_name=pl.when(claimed).then("place_name"),
        adcode=pl.when(claimed).then("place_adcode"),
        place_basis=pl.when(claimed).then("basis"),
        place_evidence=pl.when(claimed | (pl.col("open") > 1)).then("evidence"),
        place_candidates=pl.when(~claimed & (pl.col("open") > 1)).then(pl.col("rivals").list.join(",")),
    )


@cache
def _offices() -> tuple[str, str, pl.DataFrame]:
    """Patterns of an office's name and of one that reports on its place, and the endings by voice."""
    declared = load("organisations.toml")
    units = [(voice, ending) for voice, endings in declared["units"].items() for ending in endings]
    either = "|".join(sorted([*declared["on_behalf"], *(ending for _, ending in units)], key=len, reverse=True))
    name = f"{DIVISION}(?:市场|市政)?{declared['inner']}(?:{either})"
    return (
        name,
        f"(?:{'|'.join(declared['on_behalf'])})$",
        pl.DataFrame(units, schema=["voice", "ending"], orient="row"),
    )


def _organised(found: pl.DataFrame) -> pl.DataFrame:
    """Adds `organisation`, and makes the level a unit's where a unit reports that does not say 我局 or the like.

    A unit is the office that the report names most, with an ending that fits how it calls itself; a
    place reports for itself; else an office named in the first sentences reports on its place.
    """
    name, behalf, endings = _offices()
    office = pl.col("office")
    offices = (
        found.select(
            "key",
            "voice",
            "speaker",
            "title",
            lead=pl.col("text").str.head(LEAD),
            office=pl.col("text").str.extract_all(name),
        )
        .explode("office", empty_as_null=False)
        .group_by("key", "voice", "speaker", "title", "lead", "office", maintain_order=True)
        .agg(times=pl.len())
        .with_columns(
            leading=pl.col("lead").str.contains(office, literal=True),
            entitled=pl.col("title").str.contains(office, literal=True),
            behalf=office.str.contains(behalf),
        )
    )
    fitting = (
        offices.join(endings, on="voice")
        .filter(office.str.ends_with(pl.col("ending")))
        .select("key", "office")
        .unique()
    )
    silent = pl.col("speaker").is_null() & pl.col("leading") & (pl.col("times") >= OFTEN)
    units = (
        offices.join(fitting.with_columns(fits=True), on=["key", "office"], how="left")
        .filter(~pl.col("behalf"), pl.col("fits") | pl.col("entitled") | silent)
        .sort("key", "entitled", "times", descending=[False, True, True], maintain_order=True)
        .group_by("key", maintain_order=True)
        .agg(unit=pl.first("office"))
    )
    behalves = offices.filter("behalf", "leading").group_by("key", maintain_order=True).agg(behalf=pl.first("office"))
    reporter = pl.coalesce("unit", "behalf")
    division = reporter.str.extract(f"^({DIVISION})[^场政]")
    of_place = division.is_not_null() & pl.col("place_name").str.ends_with(division)
    named = pl.when(of_place).then(pl.col("place_name") + reporter.str.strip_prefix(division)).otherwise(reporter)
    return (
        found.join(units, on="key", how="left")
        .join(behalves, on="key", how="left")
        .with_columns(
            organisation=pl.when(pl.col("unit").is_null() & pl.col("own")).then("place_name").otherwise(named),
            level=pl.when(pl.col("unit").is_not_null()).then(pl.lit("unit")).otherwise("level"),
        )
    )
