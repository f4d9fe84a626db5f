"""What a quantity counts decides, not the nearest keyword."""

import csv
import json
import shutil
from importlib import resources
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.indicator_cases import PHRASES, cases, read_cases
from tests.marked import marked
from transforms import indicators
from transforms.clauses import MARKS, find_words
from transforms.indicators import _weights as weights
from transforms.indicators import catalogue, classify, settle
from transforms.lexicon import OTHER, read_lexicon
from transforms.passages import sentences
from transforms.periods import read_periods
from transforms.readings import MEASURES, Readings
from transforms.schema import table
from transforms.status import read_status
from transforms.units import units
from transforms.vocabulary import VocabularyError

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
FOLDER = resources.files("transforms.vocabulary").joinpath("indicators")
CORE = {"garbage_cleared", "parking_spaces", "volunteers"} | {
    f"funds_{kind}" for kind in ("invested", "budgeted", "raised", "disbursed")
}


def read(*texts):
    """The indicators of all quantities in the texts, which are marked with the ones expected of them: none."""
    quantities, found = cases((text, [OTHER] * text.count("【")) for text in texts)
    assert quantities.height == sum(text.count("【") for text in texts)
    return classify(quantities, found)["indicator_id"].to_list()


def decided(quantities, found):
    """The quantities as they load: what they count, once status and rate are known too."""
    unknown = {
        "title": pl.lit(None, pl.String),
        "year": pl.lit(None, pl.Int64),
        "reported_on": pl.lit(None, pl.String),
    }
    reports = found.select("report_id").unique().with_columns(**unknown)
    read = classify(quantities, found).pipe(read_status, found).pipe(read_periods, found, reports)
    return settle(read)


def f1(frame):
    right = frame.filter(pl.col("expected") == pl.col("indicator_id"), pl.col("expected") != OTHER).height
    named = [frame.filter(pl.col(column) != OTHER).height for column in ("expected", "indicator_id")]
    return 2 * right / sum(named)


# Syntax


def test_the_noun_after_the_unit_is_counted():
    assert read("新建【3处】便民市场,为【280名】空巢老人提供志愿服务") == ["markets_built", "volunteer_beneficiaries"]


def test_the_last_noun_of_a_phrase_is_its_head():
    assert read("招募社区志愿者【60名】,在小区增设垃圾桶【40个】") == ["volunteers", "garbage_bins"]
    assert read("组建【12支】社区志愿服务队") == ["volunteer_teams"]


def test_the_noun_before_the_number_is_counted_where_none_follows():
    assert read("清理积存垃圾【240吨】,新增停车位【900个】") == ["garbage_cleared", "parking_spaces"]


def test_a_list_shares_its_verb():
    assert read("新建公厕【12座】、垃圾中转站【3座】、停车位【1800个】") == [
        "toilets_built",
        "garbage_transfer_stations",
        "parking_spaces",
    ]


def test_a_number_that_names_nothing_counts_what_came_before():
    assert read("拆除各类违建【160起】,面积【4.2万平方米】") == [
        "illegal_construction_removed",
        "illegal_construction_area",
    ]
    assert read("计划新增停车位【800个】,目前已完成【500个】") == ["parking_spaces", "parking_spaces"]


def test_a_number_that_names_something_unknown_counts_nothing_catalogued():
    assert read("清理垃圾【30吨】,采购麻糬机【20台】") == ["garbage_cleared", OTHER]
    assert read("检查网咖包厢【65间】") == [OTHER]


def test_parts_are_counted_as_the_whole_is():
    assert read("登记商户【953户】。其中,蔬菜水果类【205户】,其他【35户】。") == ["individual_businesses"] * 3
    assert read("查处占道经营【90起】,其中夜间突击【12起】") == ["street_violations_handled"] * 2
    assert read("完成投资【5000万元】,其中居民自愿出资【86万元】") == ["funds_invested", "funds_raised"]


def test_parts_may_be_called_by_their_places():
    assert read("打造停车场【3个】(东湖社区清雅小区【1个】、西湖社区花园小区【2个】)") == ["parking_lots"] * 3
    assert read("改造老旧小区【25个】。其中:平阳镇【1个】、城东街道【24个】。")[2] == "communities_renovated"
    assert read("辖行政村【12个】,其中示范村【3个】")[0] == "households_total"


def test_parts_may_be_told_by_a_clause():
    assert read("评选好人【213人】,其中登上榜单的【11人】") == ["good_citizens"] * 2
    assert read("改造小区【59个】,其中没有物业的【2个】") == ["communities_renovated", OTHER]


def test_what_stands_behind_a_bracket_is_not_counted_in_it():
    assert read("增加停车泊位【1.1万个】(含夜间限时泊位【900个】)、口袋公园【23座】") == [
        "parking_spaces",
        "parking_spaces",
        OTHER,
    ]


def test_what_stood_further_off_than_another_noun_is_not_what_its_parts_count():
    text = "把创城当作民生工程,累计投入资金【46亿元】,其中市级【19亿元】"
    assert read(text) == ["funds_invested"] * 2


def test_the_figure_that_another_is_compared_with_is_one_too():
    assert read("查处占道经营【412起】,较2021年的【538起】下降") == ["street_violations_handled"] * 2


def test_an_act_says_what_becomes_of_money():
    assert read("农商行发放“甲乙贷”【1450万元】") == ["funds_disbursed"]
    assert read("用于创建的资金为【310万元】,今年增加到【480万元】") == ["funds_invested"] * 2


def test_a_verb_before_了_is_found_whole():
    assert read("招募了【150名】志愿者,组建了【9个】暗访检查组,修建了公厕【3座】") == [
        "volunteers",
        "working_groups",
        "toilets_built",
    ]


def test_what_speaks_against_a_whole_does_against_its_parts():
    assert read("全市建筑垃圾产生量【8200万吨】,其中回填【6100万吨】") == [OTHER, OTHER]


def test_a_noun_is_counted_and_not_what_it_owns():
    assert read("完成了【7个】老旧小区的改造工程") == ["communities_renovated"]
    assert read("治理【5个】领域的突出问题") == [OTHER]
    assert read("约谈【3家】存在问题的责任单位") == ["accountability_actions"]
    assert read("发放【3万份】图文并茂的宣传资料") == ["publicity_materials"]


def test_the_width_of_a_road_is_not_its_length():
    assert read("修建【6米】宽水泥路【3公里】") == [OTHER, "roads_built"]
    assert read("拓宽道路,由宽【7米】改为宽【9米】") == [OTHER, OTHER]


def test_standards_and_sizes_count_nothing():
    assert read("按【20元】/平方米补助外墙改造") == [OTHER]
    assert read("【20户】以上的自然村实现通路") == [OTHER]


def test_one_noun_before_each_of_several_numbers_counts_them_all():
    text = "完成老旧小区【25个】、集贸市场【8个】,完成率分别达到【85%】、【83%】和【100%】"
    assert read(text)[2:] == ["rectification_rate"] * 3


def test_an_act_is_counted_only_where_nothing_unknown_is_done_to():
    assert read("督促整改【80处】") == ["problems_rectified"]
    assert read("整改电闸箱【80处】") == [OTHER]


def test_the_act_that_leads_a_list_speaks_for_all_of_it():
    assert read("清洗隔离护栏【300米】,果皮箱【120个】") == [OTHER, OTHER]
    assert read("更换隔离护栏【300米】,果皮箱【120个】")[1] == "garbage_bins"


def test_people_right_behind_households_live_in_them():
    quantities, found = cases([("全村共有住户【382户】【1699人】", ["households_total", "population"])])
    assert decided(quantities, found)["indicator_id"].to_list() == ["households_total", "population"]
    quantities, found = cases([("慰问困难群众【382户】【1699人】", [OTHER, OTHER])])
    assert "population" not in decided(quantities, found)["indicator_id"].to_list()


def test_households_are_no_people():
    assert read("社区位于城北,常住人口【1610户】、【4006人】") == ["households_total", "population"]


def test_a_number_shares_the_noun_of_the_next_one():
    assert read("分别约谈【3家】和【5家】责任单位") == ["accountability_actions"] * 2


def test_numbers_after_their_nouns_are_dealt_out_in_order():
    assert read("绿地率、绿化覆盖率分别达到【36%】和【41%】") == ["green_space_rate", "green_coverage_rate"]


def test_a_group_of_one_kind_is_counted_as_that_kind():
    assert read("更换果皮箱、垃圾桶、分类垃圾箱【3100个】") == ["garbage_bins"]


def test_a_group_of_several_kinds_is_no_indicator():
    assert read("新建公厕、停车场【23座】", "机关干部、志愿者【2000余人】参加清扫") == [OTHER, OTHER]


def test_the_noun_after_等_names_the_group():
    assert read("查处占道经营、流动商贩等市容违规案件【6200起】") == ["street_violations_handled"]


def test_the_noun_before_a_preposition_is_not_counted():
    assert read("志愿者在【86个】路口值守") == [OTHER]


def test_words_in_a_title_do_not_cut_the_clause():
    assert read("编发《精神文明建设与创建工作简报》【25期】") == ["briefings"]


# Words and units


def test_verbs_tell_money_spent_from_money_planned_raised_and_paid_out():
    assert read("投入资金【300万元】", "每年列支经费【300万元】", "筹集资金【300万元】", "发放贷款【300万元】") == [
        "funds_invested",
        "funds_budgeted",
        "funds_raised",
        "funds_disbursed",
    ]


def test_the_unit_tells_the_road_from_its_length_and_its_area():
    assert read("改造道路【12条】", "改造道路【12公里】", "改造道路【12万平方米】") == [
        "roads_built_count",
        "roads_built",
        "roads_hardened_area",
    ]


def test_an_unusual_unit_is_accepted_where_the_vocabulary_names_it():
    assert read("清运垃圾【300车】") == ["garbage_cleared"]


def test_a_longer_head_gives_way_to_the_shorter_one_that_fits_the_unit():
    assert read("清理积存垃圾【30处】", "清理积存垃圾【30吨】") == ["garbage_sites_cleared", "garbage_cleared"]


def test_the_unit_may_be_the_head():
    assert read("辖【5镇】【86村】") == ["households_total", "households_total"]


def test_changes_differences_and_standards_are_not_figures():
    assert read("森林覆盖率提高【2个百分点】", "志愿者比上年增加【300人】", "每座公厕补贴【3万元】") == [OTHER] * 3


def test_a_part_of_a_stock_picked_by_a_condition_is_not_the_stock():
    assert read("未安装灭火器【30个】") == [OTHER]


def test_a_unit_may_name_the_indicator_beside_words_that_nobody_knows():
    assert read("“大家谈”办了【20场】", "人才招聘会【12场】") == ["events_held", OTHER]
    assert read("累计奉献【910万小时】") == ["volunteer_hours"]


def test_the_heading_above_and_the_paragraph_before_name_the_topic():
    counted = "组织活动【230场】,参与【2万人次】。"
    assert read(f"平安建设工作汇报\n{counted}") == ["events_held", "event_participants"]
    volunteering = ["volunteer_activities", "volunteer_participations"]
    assert read(f"四、志愿服务\n{counted}") == volunteering
    assert read(f"实名注册的志愿者很多。{counted}") == volunteering


def test_a_number_in_a_table_is_read_by_its_header():
    quantities, found, _ = marked("街道\t清理垃圾(吨)\n城东\t【120】\n", headers=["清理垃圾(吨) 城东"])
    by_unit = quantities.drop("dimension", "unit").with_columns(raw_unit=pl.lit("吨")).join(units(), on="raw_unit")
    assert classify(by_unit.select(quantities.columns), found)["indicator_id"].to_list() == ["garbage_cleared"]


WORDS = read_lexicon().words["word"].to_list()
TEXT = st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from(["甲", "、", ",", "的", "。"])), max_size=6).map(
    "".join
)
NUMBER = st.integers(2, 9999).map(str)
UNIT = st.sampled_from(units().filter(~pl.col("raw_unit").str.contains("分"))["raw_unit"].to_list())
CLAUSES = st.lists(st.tuples(TEXT, NUMBER, UNIT, TEXT), min_size=1, max_size=4).map(
    lambda clauses: "".join("".join(clause) for clause in clauses)
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(TEXT, st.sampled_from(["甲", "\n", chr(MARKS), chr(MARKS + 7), "\U0010ffff"]))).map("".join))
def test_of_the_words_that_end_at_a_place_the_longest_is_found_from_the_end_of_the_text(text):
    expected, end = [], len(text)
    while end:
        known = [word for word in WORDS if text.endswith(word, 0, end)]
        longest = max(known, key=len, default=text[end - 1])
        if known:
            expected.insert(0, (end - len(longest), end, longest))
        end -= len(longest)
    found = zip(*(column.tolist() for column in find_words(text, read_lexicon())), strict=True)
    assert [(start, end, WORDS[word]) for start, end, word in found] == expected


def test_quantities_read_in_parts_are_read_as_they_are_at_once(monkeypatch):
    texts = ["清理垃圾【30吨】,出动车辆【5台】。", "新建公厕【12座】、停车位【1800个】。"] * 2 + [
        "招募志愿者【40名】。"
    ]
    quantities, found = cases((text, [OTHER] * text.count("【")) for text in texts)
    at_once = classify(quantities, found)
    monkeypatch.setattr(indicators, "AT_A_TIME", 2)
    assert len(indicators._parts(indicators._place(quantities, found, read_lexicon().topics))) > 2
    assert classify(quantities, found).equals(at_once)


@settings(max_examples=25, deadline=None)
@given(st.lists(CLAUSES, min_size=1, max_size=5))
def test_no_unit_is_read_as_an_indicator_that_it_contradicts(texts):
    quantities, found = unmarked(texts)
    read = classify(quantities, found).filter(pl.col("indicator_id") != OTHER, pl.col("raw_unit") != "")
    lexicon = read_lexicon()
    accepted = read.join(lexicon.accepted, on=["indicator_id", "dimension"], how="semi")
    preferred = read.join(lexicon.preferred, on=["indicator_id", "raw_unit"], how="semi")
    fitting = pl.concat([accepted["quantity_id"], preferred["quantity_id"]])
    assert set(read["quantity_id"]) == set(fitting)
    measured = read.filter(pl.col("dimension").is_in([*MEASURES, "percent"]))
    assert (
        measured.join(catalogue(), on="indicator_id")
        .filter(pl.col("dimension_right") == "count")["raw_unit"]
        .is_in(lexicon.preferred["raw_unit"].implode())
        .all()
    )


@settings(max_examples=15, deadline=None)
@example(["上门入户2个甲", "2个"])
@given(st.lists(CLAUSES, min_size=2, max_size=5))
def test_a_reading_does_not_depend_on_the_rest_of_the_batch(texts):
    quantities, found = unmarked(texts)
    together = classify(quantities, found)
    assert together.drop("indicator_id", "confidence", "indicator_rules").equals(quantities)
    assert together["confidence"].is_between(0, 1).all()
    for document in found["document_id"].unique(maintain_order=True):
        mine = pl.col("document_id") == document
        alone = classify(quantities.filter(mine), found.filter(mine))
        assert alone["indicator_id"].equals(together.filter(mine)["indicator_id"])
        assert alone["indicator_rules"].equals(together.filter(mine)["indicator_rules"])


def unmarked(texts):
    documents = pl.DataFrame({"document_id": [str(i) for i in range(len(texts))], "text": texts})
    reports = documents.select(
        "document_id",
        report_id="document_id",
        span_start=pl.lit(0, pl.Int64),
        span_end=pl.col("text").str.len_chars().cast(pl.Int64),
        is_report=pl.lit(True),
    )
    found = sentences(documents, reports)
    from transforms.quantities import read_quantities

    return read_quantities(found), found


def test_no_quantities_give_no_rows():
    quantities, found, _ = marked("没有数字。")
    assert classify(quantities, found).columns[-3:] == ["indicator_id", "confidence", "indicator_rules"]


def test_the_rules_name_the_words_that_decided():
    quantities, found, _ = marked("新建【3处】便民市场")
    rules = classify(quantities.with_columns(dimension=pl.lit("count")), found)["indicator_rules"][0]
    assert rules.startswith("head=after:便民市场; verb=新建; unit=处")


# Status and rate


def test_money_only_planned_is_budgeted_and_people_turning_out_each_day_are_participations():
    quantities, found = cases(
        [
            ("拟投入【80万元】,已投入【60万元】", [OTHER] * 2),
            ("每天有【80名】志愿者上岗。已招募志愿者【900名】。", [OTHER] * 2),
        ]
    )
    read = decided(quantities, found)
    assert read["indicator_id"].to_list() == [
        "funds_budgeted",
        "funds_invested",
        "volunteer_participations",
        "volunteers",
    ]


def test_a_unit_that_an_indicator_is_not_counted_in_rules_it_out():
    assert read("分解任务【31项】,公厕改建任务【12座】") == ["tasks_assigned", "toilets_built"]


def test_a_number_of_the_same_unit_goes_on_counting_the_same():
    assert read("新建公厕【12座】,其中10月底前完成【9座】") == ["toilets_built", "toilets_built"]


def test_overlapping_words_are_told_apart_from_the_end():
    assert read("评出省道德模范【6名】") == ["moral_models"]


# The project's own sentences and the annotated reports


def test_our_own_sentences_are_read_as_expected_and_confidence_means_something():
    quantities, found = read_cases()
    assert quantities.height > 800
    read = decided(quantities, found)
    assert f1(read) >= 0.95
    assert (read["expected"] == read["indicator_id"]).mean() >= 0.95
    core = read.filter(pl.col("expected").is_in(CORE) | pl.col("indicator_id").is_in(CORE))
    assert f1(core) >= 0.94
    sure = read.filter(pl.col("confidence") >= 0.9)
    assert sure.height > 0.6 * read.height
    assert (sure["expected"] == sure["indicator_id"]).mean() >= 0.97
    unsure = read.filter(pl.col("confidence") < 0.9)
    assert (unsure["expected"] == unsure["indicator_id"]).mean() < 0.95


def test_the_wordings_of_writers_who_have_not_seen_the_vocabulary_are_read():
    quantities, found = read_cases(PHRASES)
    assert quantities.height > 2600
    read = decided(quantities, found)
    assert f1(read) >= 0.95
    sure = read.filter(pl.col("confidence") >= 0.9)
    assert (sure["expected"] == sure["indicator_id"]).mean() >= 0.96


def test_our_own_sentences_cover_the_catalogue():
    quantities, _ = read_cases()
    assert set(quantities["expected"]) == {*catalogue()["indicator_id"], OTHER}


@pytest.mark.skipif(not SHARED.exists(), reason="the shared annotation is not here")
def test_the_annotated_reports_are_read_as_annotated():
    text = (SHARED / "reports" / "compilation-13.txt").read_text("utf-8")
    gold = [json.loads(line) for line in (SHARED / "gold" / "compilation-13.jsonl").read_text("utf-8").splitlines()]
    spans = pl.DataFrame(gold, infer_schema_length=None).select(span_start="start", expected="indicator")
    quantities, found = unmarked([text])
    read = classify(quantities.join(spans, on="span_start", maintain_order="left"), found)
    assert read.height >= 0.99 * len(gold)
    assert f1(read) >= 0.94
    assert f1(read.filter(pl.col("expected").is_in(CORE) | pl.col("indicator_id").is_in(CORE))) >= 0.97
    sure = read.filter(pl.col("confidence") >= 0.9, pl.col("indicator_id") != OTHER)
    assert (sure["expected"] == sure["indicator_id"]).mean() >= 0.95


# The vocabulary


def test_the_catalogue_is_that_of_the_schema():
    frame = catalogue()
    assert frame.columns == table("core.dim_indicator").column_names
    assert frame["indicator_id"].is_unique().all()
    required = [column.name for column in table("core.dim_indicator").columns if column.required]
    assert not frame.select(pl.any_horizontal(pl.col(required).is_null().any())).item()


@pytest.mark.skipif(not SHARED.exists(), reason="the shared annotation is not here")
def test_the_catalogue_is_that_of_the_annotation():
    with (SHARED / "gold" / "indicators.tsv").open(encoding="utf-8") as lines:
        gold = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    wanted = [(row["id"], row["family"], row["name_zh"], row["unit"]) for row in gold]
    assert sorted(catalogue().select("indicator_id", "family", "name_zh", "unit").rows()) == sorted(wanted)


@pytest.fixture
def folder(tmp_path):
    """A copy of the vocabulary to change."""
    return Path(shutil.copytree(str(FOLDER), tmp_path / "indicators"))


ENTRY = """
[charging_piles]
name_zh = "充电桩"
name_en = "Charging piles"
unit = "count"
dimension = "count"
kind = "flow"
definition = "新建的充电桩"
heads = ["充电桩", "充电设施"]
verbs = ["@建设"]
"""


def test_an_indicator_is_added_without_code(folder):
    assert read("安装充电桩【36个】,新增停车位【50个】") == [OTHER, "parking_spaces"]
    (folder / "energy.toml").write_text(ENTRY, "utf-8")
    lexicon = read_lexicon(folder)
    quantities, found = cases([("安装充电桩【36个】,新增停车位【50个】", [OTHER, OTHER])])
    assert classify(quantities, found, lexicon)["indicator_id"].to_list() == ["charging_piles", "parking_spaces"]
    assert catalogue(lexicon).filter(pl.col("indicator_id") == "charging_piles")["family"].item() == "energy"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("heads = [", "heads = []  # ["), "energy.toml: .charging_piles.: heads missing or empty"),
        (('dimension = "count"', 'dimension = "colour"'), "no dimension colour"),
        (('verbs = ["@建设"]', 'verbs = ["@无此"]'), "no list @无此"),
        (('kind = "flow"', 'kind = "wave"'), "kind 'wave'"),
        (('verbs = ["@建设"]', 'colour = "red"'), "unknown colour"),
        (('verbs = ["@建设"]', 'units = ["丈二"]'), "no unit 丈二"),
        (('verbs = ["@建设"]', 'only = ["丈二"]'), "no unit 丈二"),
        (('verbs = ["@建设"]', 'planned = "nowhere"'), "planned: no indicator nowhere"),
        (('verbs = ["@建设"]', 'excludes = ["充电桩"]'), "both head and excluded: 充电桩"),
        (("[charging_piles]", "[toilets_built]"), "the name is taken, by energy.toml"),
        (("[charging_piles]", "[other]"), "the name is taken"),
        (('verbs = ["@建设"]', "plausible_low = 3\nplausible_high = 2"), "plausible_low is not below plausible_high"),
        (("[charging_piles]", "[charging_piles"), "energy.toml"),
        (('heads = ["充电桩"', "heads = [7"), "7 is not a word"),
    ],
)
def test_a_bad_entry_is_refused_with_its_file_and_name(folder, change, message):
    assert change[0] in ENTRY
    (folder / "energy.toml").write_text(ENTRY.replace(*change), "utf-8")
    with pytest.raises(VocabularyError, match=message):
        read_lexicon(folder)


def test_a_folder_without_indicators_is_refused(tmp_path):
    with pytest.raises(VocabularyError, match="no indicator"):
        read_lexicon(tmp_path)


def test_every_weight_weighs_a_feature():
    quantities, found, _ = marked("新建【3处】便民市场")
    from transforms.indicators import _parts, _place

    part = _parts(_place(quantities, found, read_lexicon().topics))[0]
    assert {*Readings(part, read_lexicon()).features(), "temperature"} == set(weights())
