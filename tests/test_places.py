import json
import subprocess
import sys
import tomllib
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.divisions import names
from transforms.places import contexts, find_places, locate, places
from transforms.reports import find_reports
from transforms.schema import table
from transforms.vocabulary import VocabularyError, load

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
CASES = tomllib.loads((Path(__file__).parent / "data" / "place_cases.toml").read_text("utf-8"))["case"]
EXPECTED = {
    "place": "place_name",
    "adcode": "adcode",
    "basis": "place_basis",
    "level": "level",
    "candidates": "place_candidates",
}
RIGHT = 0.96


def documents(texts, titles=None, files=None, created_on=None):
    count = len(texts)
    return pl.DataFrame(
        {
            "document_id": [f"{number:016x}" + "0" * 48 for number in range(count)],
            "text": texts,
            "title": titles or [None] * count,
            "file_name": files or [f"{number}.txt" for number in range(count)],
            "created_on": [created_on] * count,
        },
        schema_overrides={"title": pl.String, "created_on": pl.String},
    )


def read(texts, titles=None, files=None, created_on=None):
    """The first report of each text, as a dictionary; an empty one where there is none."""
    found = documents(texts, titles, files, created_on)
    located = locate(find_reports(found), found)
    first = {row["document_id"]: row for row in reversed(located.to_dicts())}
    return [first.get(document, {}) for document in found["document_id"]]


def one(text, **about):
    return read([text], **{name: [value] for name, value in about.items()})[0]


@pytest.fixture(scope="module")
def case_results():
    return read(
        [case["text"].strip() for case in CASES],
        [case.get("title") for case in CASES],
        [case.get("file", "report.txt") for case in CASES],
    )


def difference(case, row):
    found = {name: row.get(column) for name, column in EXPECTED.items()}
    wanted = {name: case.get(name) for name in EXPECTED}
    if isinstance(wanted["candidates"], int) and found["candidates"]:
        found["candidates"] = found["candidates"].count(",") + 1
    if "organisation" in case:
        found["organisation"], wanted["organisation"] = row.get("organisation"), case["organisation"]
    return {name: (wanted[name], found[name]) for name in wanted if wanted[name] != found[name]}


def test_the_place_cases_are_read_right(case_results):
    wrong = {
        case["text"].strip()[:30]: difference(case, row)
        for case, row in zip(CASES, case_results, strict=True)
        if difference(case, row)
    }
    assert len(CASES) >= 50
    assert len(wrong) <= (1 - RIGHT) * len(CASES), f"{len(wrong)} of {len(CASES)} wrong: {wrong}"


def test_no_place_is_claimed_where_a_case_has_none(case_results):
    claimed = [row["place_name"] for case, row in zip(CASES, case_results, strict=True) if "place" not in case and row]
    assert claimed == [None] * len(claimed)
    assert len(claimed) >= 15


def test_no_inferred_place_is_marked_stated(case_results):
    bases = [
        row["place_basis"] for case, row in zip(CASES, case_results, strict=True) if case.get("basis") == "inferred"
    ]
    assert "stated" not in bases
    assert len(bases) >= 8


def test_the_compilation_is_located_as_annotated():
    text_file, gold_file = SHARED / "reports" / "compilation-13.txt", SHARED / "gold" / "reports.jsonl"
    if not gold_file.exists():
        pytest.skip("the annotated compilation is not here")
    gold = [json.loads(line) for line in gold_file.read_text("utf-8").splitlines()]
    with text_file.open(encoding="utf-8", newline="") as file:
        found = documents([file.read()])
    rows = locate(find_reports(found), found).to_dicts()
    assert [row["level"] for row in rows] == [report["level"] for report in gold]
    inferred = 0
    for report, row in zip(gold, rows, strict=True):
        right = (row["place_name"], row["adcode"]) == (report["place"], report["adcode"])
        if report["place_basis"] == "inferred":
            inferred += right
            assert row["place_basis"] != "stated", report["report"]
        else:
            assert right, report["report"]
            assert row["place_basis"] == report["place_basis"], report["report"]
    assert inferred >= 4


def test_reports_of_the_whole_country_are_of_no_place():
    source = SHARED / "bench" / "government_work_reports.jsonl"
    if not source.exists():
        pytest.skip("the government work reports are not here")
    lines = [json.loads(line) for line in source.read_text("utf-8").splitlines()][:24]
    rows = read([line["content"] for line in lines], [line["title"] for line in lines])
    assert {row["place_id"] for row in rows} == {None}
    assert {row["place_candidates"] for row in rows} == {None}


# The systematic tests: every division reports once, in words that name it and the division above it.

REPORT = (
    "{name}创建文明城市工作汇报\n{when}我{kind}按照{above}的部署,扎实推进创建工作。{name}投入资金1.2亿元,"
    "清运垃圾3.6万吨,我{kind}群众满意度达到96%。"
)
# Districts that are named 城区, 郊区 and the like can't be told from the words.
WORDS = {word for entry in ("ordinary", "bounded") for word in load("places.toml")["names"][entry]}


def divisions(level, current):
    rows = places().filter(pl.col("level") == level, pl.col("valid_to").is_null() == current)
    return [row for row in rows.to_dicts() if row["name"] not in WORDS and row["name"][-1] in "县市区旗州盟"]


def misread(rows, texts):
    return [
        (row["name"], row["adcode"], found.get("adcode"))
        for row, found in zip(rows, read(texts), strict=True)
        if found.get("adcode") != row["adcode"]
    ]


def reporting(row, when=""):
    above = row["city"] if row["level"] == "county" and row["city"] else row["province"]
    return REPORT.format(name=row["name"], kind=row["name"][-1], above=above, when=when)


@pytest.mark.parametrize("level", ["county", "city"])
def test_every_division_in_force_is_located_by_its_name_and_the_one_above(level):
    rows = divisions(level, True)
    assert misread(rows, [reporting(row) for row in rows]) == []


def test_every_former_county_is_located_in_the_years_when_it_was_in_force():
    rows = [row for row in divisions("county", False) if row["valid_to"] - row["valid_from"] > 2]
    wrong = misread(rows, [reporting(row, f"{row['valid_to'] - 1}年,") for row in rows])
    assert len(wrong) <= 0.005 * len(rows), wrong


def test_a_town_is_located_by_its_name_and_its_county():
    counties = {row["adcode"]: row["name"] for row in divisions("county", True)}
    towns = places().filter(pl.col("level") == "town", pl.col("name").str.contains("(?:镇|乡|街道)$"))
    rows = [row for row in towns.gather_every(20).to_dicts() if row["adcode"] in counties]
    texts = [
        f"在{counties[row['adcode']]}委、政府的领导下,{row['name']}扎实推进创建,现将有关情况汇报如下:\n"
        f"我{row['name'][-2:] if row['name'].endswith('街道') else row['name'][-1]}投入资金120万元,清运垃圾3600吨。"
        for row in rows
    ]
    wrong = misread(rows, texts)
    assert len(wrong) <= 0.01 * len(rows), wrong


def test_an_ambiguous_name_alone_is_left_open_with_all_it_can_mean():
    shared = (
        pl.DataFrame(divisions("county", True))
        .group_by("name")
        .agg(codes=pl.col("adcode").sort())
        .filter(pl.col("codes").list.len() > 1)
    )
    texts = [f"现将{name}创建工作汇报如下:我{name[-1]}投入资金1.2亿元,清运垃圾3.6万吨。" for name in shared["name"]]
    rows = read(texts)
    assert len(texts) > 20
    assert [row["place_id"] for row in rows] == [None] * len(rows)
    assert [row["place_candidates"] for row in rows] == [",".join(codes) for codes in shared["codes"]]


def test_the_code_is_the_one_in_force_when_the_report_was_written():
    text = "現将大丰文明创建工作汇报如下:大丰市投入资金1.2亿元,我市清运垃圾3.6万吨。\n2013年6月"
    assert one(text)["adcode"] == "320982"
    assert one("綦江区文明创建工作汇报\n2020年,我区投入资金1.2亿元。")["place_id"] == "500110-2011"
    assert one("万盛区文明创建工作汇报\n2005年,我区投入资金1.2亿元。")["place_id"] == "500110-1997"


def test_the_file_dates_a_report_that_does_not_date_itself():
    text = "巢湖市创建工作汇报\n我市投入资金1.2亿元,清运垃圾3.6万吨,巢湖市委、市政府高度重视。"
    assert read([text], created_on="2008-05-01")[0]["adcode"] == "341400"
    assert read([text], created_on="2019-05-01")[0]["adcode"] == "340181"


def test_the_evidence_is_in_the_report():
    text = "近年来,我市围绕“文明濮阳”建设,扎实开展集中整治,全市注册志愿者36万名。我市还建成市民学校420所。"
    row = one(text)
    assert row["place_name"] == "濮阳市"
    assert row["place_evidence"] in text.replace(",", ",")


def test_what_is_no_report_has_no_place():
    slogans = "\n".join(f"{n}、建设美丽兰州,共享幸福生活。" for n in range(1, 12))
    row = one(slogans)
    assert row["is_report"] is False
    assert row["place_id"] is None and row["level"] is None and row["organisation"] is None


def test_reports_of_one_document_keep_their_own_places():
    text = (
        "第一篇\n\n"
        + reporting({"name": "衡阳县", "level": "county", "city": "衡阳市", "province": "湖南省"})
        + "\n\n第二篇\n\n"
        + reporting({"name": "义乌市", "level": "county", "city": "金华市", "province": "浙江省"})
    )
    found = documents([text])
    assert locate(find_reports(found), found)["adcode"].to_list() == ["430421", "330782"]


def test_locating_keeps_every_report_and_column():
    found = documents(["", "没有工作的文字。", reporting(divisions("county", True)[0])])
    reports = find_reports(found)
    located = locate(reports, found)
    assert located.select(reports.columns).equals(reports)
    schema = table("core.dim_report").frame_schema
    assert dict(located.schema) == {name: schema[name] for name in located.columns}


# The table of divisions.


def test_the_table_of_places_keeps_its_declaration():
    frame = places()
    declared = table("core.dim_place")
    assert frame.schema == declared.frame_schema
    assert frame["place_id"].is_unique().all()
    for column in declared.columns:
        assert not column.required or frame[column.name].null_count() == 0, column.name
        assert not column.values or set(frame[column.name]) == set(column.values)


def test_a_place_lies_in_a_parent_that_was_in_force_with_it():
    frame = places()
    provinces = frame["level"] == "province"
    assert (frame["parent_id"].is_null() == provinces).all()
    pairs = frame.filter(~provinces).join(frame, left_on="parent_id", right_on="place_id", suffix="_above")
    assert len(pairs) == len(frame) - provinces.sum()
    overlaps = (pl.col("valid_from_above") < pl.col("valid_to").fill_null(9999)) & (
        pl.col("valid_from") < pl.col("valid_to_above").fill_null(9999)
    )
    assert pairs.filter(~overlaps).is_empty()


def test_no_code_means_two_places_at_once():
    frame = places().filter(pl.col("level") != "town").sort("adcode", "valid_from")
    following = pl.col("valid_from").shift(-1).over("adcode")
    assert frame.filter(pl.col("valid_to").is_null() & following.is_not_null()).is_empty()
    assert frame.filter(pl.col("valid_to") > following).is_empty()


def test_the_provinces_sum_to_the_census_of_2020():
    provinces = places().filter(pl.col("level") == "province", pl.col("valid_to").is_null())
    assert provinces["population"].sum() == 1_409_778_724
    assert provinces.filter(pl.col("population").is_null())["name"].sort().to_list() == [
        "台湾省",
        "澳门特别行政区",
        "香港特别行政区",
    ]


def test_the_committed_tables_are_what_the_script_compiles(tmp_path):
    sources = [SHARED / "data" / name for name in ("areacodes.csv", "streets.csv", "population.csv")]
    if not all(source.exists() for source in sources):
        pytest.skip("the sources of the tables are not here")
    root = Path(__file__).resolve().parents[1]
    subprocess.run([sys.executable, root / "scripts" / "compile_places.py", *sources, "--to", tmp_path], check=True)
    for name in ("places.csv", "towns.csv"):
        committed = root / "transforms" / "vocabulary" / name
        assert (tmp_path / name).read_bytes() == committed.read_bytes(), name
        assert committed.stat().st_size < 2 * 1024 * 1024


@pytest.mark.parametrize(
    ("place_id", "population", "year"),
    [
        ("652200-1981", 572_400, 2010),  # ended before 2020: its census of 2010
        ("320982-1996", 645_603, 2020),  # a county without a census: its successor's
        ("350404-2021", 408_051, 2020),  # merged after the census: the sum of its predecessors
        ("320611-1991", 403_176, 2020),  # merged in the year of the census, which counted it by itself
        ("330113-2021", None, None),  # split off after the census
        ("500110-1997", None, None),  # its code went to another
    ],
)
def test_population_goes_by_code_and_validity(place_id, population, year):
    row = places().row(by_predicate=pl.col("place_id") == place_id, named=True)
    assert (row["population"], row["population_year"]) == (population, year)


def test_nearly_every_division_in_force_has_a_population():
    lacking = places().filter(pl.col("valid_to").is_null(), pl.col("level") != "town", pl.col("population").is_null())
    assert len(lacking) == 12


# Finding names.


@settings(deadline=None, max_examples=10)
@given(
    st.lists(
        st.sampled_from(["濮阳市", "范县", "内蒙古自治区", "准格尔旗", "螺洲镇", "大丰区"]), min_size=1, max_size=5
    ),
    st.lists(st.text(alphabet="的了是,。;\n 甲乙🙂ab12《》", max_size=6), min_size=6, max_size=6),
)
def test_names_are_found_where_they_stand(planted, between):
    text, spans = between[-1], []
    for name, gap in zip(planted, between, strict=False):
        text += "、"
        spans.append((len(text), name))
        text += name + "、" + gap
    found = find_places(pl.DataFrame({"key": ["a"], "text": [text]}))
    for start, end, written in found.select("start", "end", "written").rows():
        assert text[start:end] == written
    assert set(spans) <= set(found.select("start", "written").rows())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("召开县委常委会,整治市容县貌", []),
        ("建设美丽宜居乡村,提高城镇品位", []),
        ("中原区域性中心城市", []),
        ("河南省范县、清丰县", ["河南省", "范县", "清丰县"]),
        ("汕尾市城区创建", ["汕尾市", "城区"]),
        ("城区面貌焕然一新", []),
        ("恩施州、前郭县、土右旗", ["恩施州", "前郭县", "土右旗"]),
    ],
)
def test_a_name_inside_other_words_is_not_found(text, words):
    found = find_places(pl.DataFrame({"key": ["a"], "text": [text]})).filter("full")
    assert found["written"].to_list() == words


def test_every_alias_and_byname_is_a_name_of_one_division_in_force():
    others = load("places.toml")["names"]
    declared = [*others["aliases"], *(word for words in others["bynames"].values() for word in words)]
    current = names().filter(pl.col("written").is_in(declared), pl.col("valid_to").is_null())
    assert set(current["written"]) == set(declared)
    assert current.group_by("written").agg(pl.col("place_id").n_unique()).filter(pl.col("place_id") > 1).is_empty()


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "partner", "weight": 0.0},
        {"name": "partner", "after": "^经验"},
        {"name": "partner", "after": "^经验", "weight": 0.0, "wieght": 1},
        {"name": "partner", "after": "^(经验", "weight": 0.0},
    ],
)
def test_a_context_that_cannot_be_used_is_refused_by_name(entry):
    with pytest.raises(VocabularyError, match=r"places\.toml: context 'partner'"):
        contexts([entry])
