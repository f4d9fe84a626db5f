import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked import marked

from transforms.periods import read_periods

NONE = (None, None)


def read(text, **fields):
    quantities, sentences, reports = marked(text, **fields)
    return read_periods(quantities, sentences, reports)


def periods(text, **fields):
    return read(text, **fields).select("period_start", "period_end").rows()


@pytest.mark.parametrize(
    ("words", "period"),
    [
        # years
        ("2013年", ("2013", "2013")),
        ("2013年度", ("2013", "2013")),
        ("在２０１３年", ("2013", "2013")),
        ("2013 年", ("2013", "2013")),
        ("二〇一五年", ("2015", "2015")),
        ("二零一八年", ("2018", "2018")),
        ("一九九八年", ("1998", "1998")),
        # months, days, parts of a year
        ("2010年6月", ("2010-06", "2010-06")),
        ("2010年06月份", ("2010-06", "2010-06")),
        ("二零一八年六月", ("2018-06", "2018-06")),
        ("二〇一八年十二月三十一日", ("2018-12-31", "2018-12-31")),
        ("2017年8月30日", ("2017-08-30", "2017-08-30")),
        ("2017年8月底", ("2017-08", "2017-08")),
        ("2018.06.30", ("2018-06-30", "2018-06-30")),
        ("2018-06-30", ("2018-06-30", "2018-06-30")),
        ("2019年上半年", ("2019-01", "2019-06")),
        ("2019年下半年", ("2019-07", "2019-12")),
        ("2019年一季度", ("2019-01", "2019-03")),
        ("2019年第四季度", ("2019-10", "2019-12")),
        ("2019年前三季度", ("2019-01", "2019-09")),
        ("2019年前10个月", ("2019-01", "2019-10")),
        ("2018年2月31日", ("2018-02", "2018-02")),
        # spans
        ("2018年1-9月", ("2018-01", "2018-09")),
        ("2018年1至9月份", ("2018-01", "2018-09")),
        ("2018年1月—11月", ("2018-01", "2018-11")),
        ("2018年5月1日至6月30日", ("2018-05-01", "2018-06-30")),
        ("2018年5月10日-15日", ("2018-05-10", "2018-05-15")),
        ("2018年11月至2019年2月", ("2018-11", "2019-02")),
        ("2018年11月至次年", ("2018-11", "2018-11")),
        ("2015-2017年", ("2015", "2017")),
        ("2015—2017年", ("2015", "2017")),
        ("2015年至2017年", ("2015", "2017")),
        ("从2015年到2017年", ("2015", "2017")),
        ("2015、2016、2017年", ("2015", "2017")),
        ("2016年和2017年", ("2016", "2017")),
        ("“十三五”期间", ("2016", "2020")),
        ("十二五时期", ("2011", "2015")),
        ("“十四五”以来", ("2021", None)),
        # open-ended
        ("2015年以来", ("2015", None)),
        ("2015年至今", ("2015", None)),
        ("自2015年起", ("2015", None)),
        ("从2014年开始", ("2014", None)),
        ("2016年5月以来", ("2016-05", None)),
        ("自2015年启动创建工作以来", ("2015", None)),
        ("2012年创建活动开展以来", ("2012", None)),
        ("2015年之后", ("2015", None)),
        ("2010年到现在", ("2010", None)),
        # up to
        ("截至2019年底", (None, "2019")),
        ("截止2019年6月", (None, "2019-06")),
        ("截止到2019年12月31日", (None, "2019-12-31")),
        ("截至2019年末", (None, "2019")),
        ("到2025年", (None, "2025")),
        ("2020年底前", (None, "2020")),
        ("2020年6月底之前", (None, "2020-06")),
        ("到2020年底", (None, "2020")),
        # both bounds
        ("2015年以来，截至2018年底", ("2015", "2018")),
        ("截至2018年12月，自2015年以来", ("2015", "2018-12")),
        # nothing that bounds it
        ("近年来", NONE),
        ("目前", NONE),
        ("截至目前", NONE),
        ("创建以来", NONE),
        ("20xx年", NONE),
        ("**年", NONE),
        ("201×年", NONE),
        ("20xx年3月", NONE),
        ("20xx年开展创建以来", NONE),
        ("x月x日", NONE),
        ("2018年x月x日", ("2018", "2018")),
        ("三年", NONE),
        ("历时2年", NONE),
        ("一月一主题", NONE),
    ],
)
def test_a_date_before_a_figure_gives_its_period(words, period):
    assert periods(f"{words}，清运垃圾【300吨】。") == [period]
    assert periods(f"扎实推进整治，{words}共清运垃圾【300吨】。") == [period]


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("今年", ("2018", "2018")),
        ("今年以来", ("2018", "2018")),
        ("今年3月以来", ("2018-03", None)),
        ("今年初以来", ("2018", "2018")),
        ("本年度", ("2018", "2018")),
        ("去年", ("2017", "2017")),
        ("去年以来", ("2017", None)),
        ("去年下半年", ("2017-07", "2017-12")),
        ("截至去年底", (None, "2017")),
        ("今年6月份", ("2018-06", "2018-06")),
        ("今年1-9月", ("2018-01", "2018-09")),
        ("1-9月份", ("2018-01", "2018-09")),
        ("6月份", ("2018-06", "2018-06")),
        ("5月26日", ("2018-05-26", "2018-05-26")),
        ("上半年", ("2018-01", "2018-06")),
        ("今年上半年", ("2018-01", "2018-06")),
        ("一季度", ("2018-01", "2018-03")),
        ("前三季度", ("2018-01", "2018-09")),
        ("全年", ("2018", "2018")),
        ("年底前", (None, "2018")),
        ("今年年底前", (None, "2018")),
        ("10月底前", (None, "2018-10")),
        ("明年", ("2019", "2019")),
        ("近三年", ("2016", "2018")),
        ("近3年来", ("2016", "2018")),
        ("三年来", ("2016", "2018")),
        ("两年来", ("2017", "2018")),
        ("过去五年", ("2014", "2018")),
    ],
)
def test_a_relative_date_resolves_against_the_year_of_the_report(words, period):
    text = f"{words}，清运垃圾【300吨】。"
    assert periods(text) == [NONE]
    resolved = read(text, year=2018)
    assert resolved.select("period_start", "period_end").rows() == [period]
    assert resolved["period_basis"].to_list() == ["resolved"]


def test_a_month_after_that_of_the_signature_is_of_the_year_before():
    text = "12月份，共受理案件【90件】。1月，受理【20件】。"
    assert periods(text, reported_on="2017-01-03") == [("2016-12", "2016-12"), ("2017-01", "2017-01")]


def test_a_year_that_the_text_only_mentions_is_not_the_one_that_this_year_means():
    text = "我区重视育人。\n市县财政为各少年宫安排了2013年、2014年的经费。今年，投入【300万元】。"
    assert periods(text, year=2014, title="少年宫建设情况") == [NONE]
    assert periods(text, year=2014, title="2014年少年宫建设情况") == [("2014", "2014")]


def test_this_year_is_the_whole_year_only_in_a_report_on_it():
    text = "今年以来，清运垃圾【300吨】。"
    assert periods(text, year=2018) == [("2018", "2018")]
    assert periods(text, title="创建工作汇报", reported_on="2018-09") == [("2018", None)]


def test_the_date_of_the_report_stands_for_its_year_where_none_is_stated():
    assert periods("今年，清运垃圾【300吨】。", reported_on="2016-11-02") == [("2016", "2016")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a list of years, as one span and shared out
        ("2016年、2017年、2018年共投入【3亿元】。", [("2016", "2018")]),
        ("2016年、2017年、2018年分别投入【1亿元】、【2亿元】、【3亿元】。", [("2016", "2016"), ("2017", "2017"), ("2018", "2018")]),
        ("2017、2018年分别新建公厕【9座】和【12座】，全部免费开放【21座】。", [("2017", "2017"), ("2018", "2018"), ("2017", "2018")]),
        # inside a sentence, from the date on
        ("抓好【7个】领域，2015年以来建成泊位【900个】，便民市场【3处】。", [NONE, ("2015", None), ("2015", None)]),
        ("2016年投入【3亿元】，2017年投入【5亿元】。", [("2016", "2016"), ("2017", "2017")]),
        ("新建公厕【9座】。落实责任，2017年拆除违建【8处】。清理垃圾【2吨】。", [NONE, ("2017", "2017"), NONE]),
        ("2016年启动创建，当年投入【3亿元】。", [("2016", "2016")]),
        ("2016年启动创建，3月份清运垃圾【40吨】。", [("2016-03", "2016-03")]),
        # what was begun then goes on
        ("2018年4月启动创建工作，累计投入【6亿元】，其中环卫【1亿元】。", [("2018-04", None)] * 2),
        ("2018年4月启动创建工作，投入【6亿元】。", [("2018-04", "2018-04")]),
        # opening a paragraph, until another is given
        ("2015年以来，发放资料【3万份】。评选好人【90名】。\n签订责任书【8份】。\n", [("2015", None), ("2015", None), NONE]),
        ("2015年，投入【3亿元】。新建公厕【9座】。2016年，新建公厕【8座】。改造公厕【7座】。\n", [("2015", "2015")] * 2 + [("2016", "2016")] * 2),
        ("2015年以来，投入【3亿元】。其中2016年投入【1亿元】。新建公厕【7座】。\n", [("2015", None), ("2016", "2016"), ("2015", None)]),
        ("强化投入。2015年以来，投入【3亿元】。新建公厕【7座】。\n", [("2015", None)] * 2),
        ("一是强化投入。2015年以来，投入【3亿元】。新建公厕【7座】。二是整治市容。拆除违建【8处】。\n", [("2015", None)] * 2 + [NONE]),
        ("全市自2015年以来，投入【3亿元】。新建公厕【7座】。\n", [("2015", None)] * 2),
        ("2015年以来，投入【3亿元】。截至2018年底，建成公厕【70座】。\n", [("2015", None), ("2015", "2018")]),
        ("2015年3月2日，出动【60人】。清理垃圾【3吨】。\n", [("2015-03-02", "2015-03-02"), NONE]),
        # masked and vague times end what governs
        ("2015年以来，投入【3亿元】。20xx年，新建公厕【7座】。改造公厕【2座】。\n", [("2015", None), NONE, NONE]),
        ("2015年，投入【3亿元】。近年来，新建公厕【7座】。\n", [("2015", "2015"), NONE]),
        # 目前 is the time of writing: what began goes on, what was over is over
        ("2015年以来，加大投入，目前建成公厕【7座】。", [("2015", None)]),
        ("2015年启动改造，现有公厕【7座】。", [NONE]),
        ("2015年以来，投入【3亿元】。目前，累计建成公厕【7座】。\n", [("2015", None), ("2015", None)]),
        ("2015年以来，投入【3亿元】。目前，绿化覆盖率为【41%】。\n", [("2015", None), NONE]),
        # what has always been so
        ("2015年以来，投入【3亿元】。全市辖【6个】县，总人口【80万】。\n", [("2015", None), NONE, NONE]),
        ("2015年，全市总人口【80万】。\n", [("2015", "2015")]),
        # dates of other things
        ("我市是1983年9月建立的地级市，总面积【4188平方公里】。", [NONE]),
        ("学校始建于1956年，有教师【120名】。", [NONE]),
        ("1996年撤地设市，辖【6个】县。", [NONE]),
        ("2017年荣获国家卫生城市称号，总人口【80万】。", [NONE]),
        ("对照《测评体系（2012年版）》，整改问题【30个】。", [NONE]),
        ("按照《2016-2018年总体规划》，建成公园【3个】。", [NONE]),
        ("清运垃圾【300吨】，比2015年多【40吨】。", [NONE, NONE]),
        ("志愿者【3万名】，较去年同期增加【2000名】。", [NONE, NONE]),
        # a plan that the sentence names dates the tasks in it
        ("对照《某市2017年创建工作实施方案》分解【31项】任务。", [("2017", "2017")]),
        ("2018年，根据《2017年工作要点》，整改问题【30个】。", [("2018", "2018")]),
        # inside brackets
        ("2016年，新建公厕【50座】（其中2015年开工【20座】），改造公厕【8座】。", [("2016", "2016"), ("2015", "2015"), ("2016", "2016")]),
        # behind the figure
        ("新建公厕【12座】（2018年），改造公厕【3座】。", [("2018", "2018"), NONE]),
        ("老旧小区【25个】2020年底前完成改造。", [(None, "2020")]),
        ("公厕由2015年的【10座】增加到2018年的【50座】。", [("2015", "2015"), ("2018", "2018")]),
        ("公厕由2015年的【10座】增加到【50座】，新增停车位【60个】。", [("2015", "2015"), NONE, NONE]),
        ("公厕从2015年【10座】增加到去年的【50座】。", [("2015", "2015"), NONE]),
        ("2018年，公厕由2015年【10座】增加到【50座】。", [("2015", "2015"), ("2018", "2018")]),
    ],
)  # fmt: skip
def test_a_period_reaches_as_far_as_its_passage(text, expected):
    assert periods(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the title and the lead paragraph govern the sections under them
        ("某市2018年文明创建工作总结\n\n现将有关情况汇报如下：\n\n一、主要做法\n\n清理垃圾【80吨】。\n", [("2018", "2018")]),
        ("2016年以来，我区扎实推进创建工作，现将情况汇报如下：\n一、成效\n清理垃圾【80吨】。\n二、投入\n2017年，投入【3亿元】。\n三、宣传\n发放资料【6万份】。\n", [("2016", None), ("2017", "2017"), ("2016", None)]),
        ("根据市委要求，2016年我区扎实推进创建工作。\n一、成效\n清理垃圾【80吨】。\n", [("2016", "2016")]),
        ("2016年以来，我区扎实推进创建。现将情况汇报如下：\n一、成效\n清理垃圾【80吨】。\n二、下一步打算\n新建公厕【5座】。\n", [("2016", None), NONE]),
        ("某市2018年创建工作总结\n2018年，我市推进创建。全年清运垃圾【30吨】。\n一季度，新建公厕【2座】。\n二〇一九年一月五日\n", [("2018", "2018"), ("2018-01", "2018-03")]),
        ("某市2018年创建工作总结\n一、2018年工作\n上半年清运垃圾【30吨】。\n二、2019年计划\n全年新建公厕【2座】。\n", [("2018-01", "2018-06"), ("2019", "2019")]),
        ("2016年以来，我区推进创建，现汇报如下：\n一、成效\n截至2018年底，建成公厕【9座】。\n目前，累计发放资料【6万份】。\n", [(None, "2018"), ("2016", None)]),
        ("2019年9月4日至10月8日，我区开展服务，现总结如下。\n设站点【3个】。\n", [("2019-09-04", "2019-10-08")]),
        ("为提升水平，促进发展，2018年1月以来，我局开展整治。\n截至目前，共检查【9家】。\n", [("2018-01", None)]),
        ("2015年，我局狠抓绿化，工作总结如下。\n全区现有绿地【944公顷】。\n", [("2015", "2015")]),
        ("好人建设汇报\n一是选出好人。2010年以来，有【7人】当选。\n二是礼遇好人。募集【86万元】。\n", [("2010", None), NONE]),
        ("2012年，查处违法【616起】。其中行人违法【36起】。取缔摊点【5个】。\n", [("2012", "2012")] * 3),
        ("交警坚持严管，2012年查处违法【616起】。其中行人违法【36起】。取缔摊点【5个】。\n", [("2012", "2012")] * 2 + [NONE]),
        ("2016年以来，植树【3万株】。人均绿地【9平方米】，建成公园【6个】。\n", [("2016", None), NONE, ("2016", None)]),
        # what there is by now is of the months that title and paragraph are on, and of no other
        ("某局2016年上半年工作总结\n2016年上半年，我局推进绿化。截至目前，新增绿地【3万平方米】。目前有公园【5个】。\n", [("2016-01", "2016-06"), NONE]),
        ("某局2016年工作总结\n现汇报如下：\n一、绿化\n2015年，补植绿地【5亩】。截至目前，新增绿地【3万平方米】。\n", [("2015", "2015"), NONE]),
        # a lead gives both bounds, in two sentences or where it announces the report
        ("某局创建汇报\n自2019年3月启动创建以来，我局狠抓落实。截至2021年8月底，工作进展如下：\n一、成效\n清理垃圾【80吨】。\n", [("2019-03", "2021-08")]),
        ("某市创建汇报\n自2021年启动创建以来，我市狠抓落实。现将截至2023年10月的情况汇报如下：\n一、成效\n清理垃圾【80吨】。\n", [("2021", "2023-10")]),
        ("某市创建汇报\n我市创建全国文明城市工作自2018年启动以来，成效显著。现汇报如下：\n一、成效\n清理垃圾【80吨】。\n", [("2018", None)]),
        ("某镇创建汇报\n2022年3月动员大会以来，我镇狠抓落实，截至2023年5月底，进展顺利。现汇报如下：\n一、成效\n拆除违建【9处】。\n", [("2022-03", "2023-05")]),
        # where it speaks of a figure, too
        ("某镇创建汇报\n2022年3月动员大会以来，我镇狠抓落实，截至2023年5月底，组建队伍【9支】。\n一、宣传\n发放资料【6万份】。\n", [("2022-03", "2023-05"), ("2022-03", "2023-05")]),
        # under a masthead of many lines
        ("创建简报\n第17期\n某镇创建办编印\n百日攻坚见实效\n本刊讯 自2022年9月10日打响“百日攻坚”以来，运走垃圾【870吨】。\n乡风也在变。评出文明户【216户】。\n", [("2022-09-10", None), ("2022-09-10", None)]),
        # a title may be long, and hold a comma
        ("全县文明村镇创建、道德模范选树和新时代文明实践工作情况（2023年1至10月）\n一、村镇这一块\n评出道德模范【20名】。\n", [("2023-01", "2023-10")]),
        ("以创建促服务，以服务暖民心\n2021年3月至2022年6月，我院抓文明创建，投入【1.28亿元】。\n再说人。登记志愿者【512人】。\n", [("2021-03", "2022-06"), ("2021-03", "2022-06")]),
        # an event behind a comma dates its sentence only
        ("某市2018—2020年创建汇报\n2018年2月,我市跻身提名城市行列。\n一、高位推动\n明查暗访【132次】。\n", [("2018", "2020")]),
        # 自……启动创建以来 may follow a paragraph that introduces the school
        ("某小学创建汇报\n我校建于1958年,现有教学班【48个】。\n自2021年9月启动创建以来,学校分解任务【38项】。\n思想引领方面。开展主题队会【260次】。\n", [NONE, ("2021-09", None), ("2021-09", None)]),
        # what was built before some year is not counted in it
        ("某市创建汇报\n对2000年底前建成、群众意愿强烈的【43个】小区实施改造。\n", [NONE]),
        # 去年同期 is a year before the time named last, for the figure beside it
        ("2023年11月1日至10日,查处交通违法【4127起】,去年同期为【3492起】。其中,违法停车【2046起】。\n", [("2023-11-01", "2023-11-10"), ("2022-11-01", "2022-11-10"), ("2023-11-01", "2023-11-10")]),
        # what the figures of the report are of
        ("某市创建经验\n现将主要做法报告如下（以下数据除另有注明外，均为2018年至2020年三年累计数）。\n一、高位统筹\n督导【136次】。\n", [("2018", "2020")]),
        # a stock does not add up
        ("2018年以来,我市投入【40亿元】。\n截至2021年12月,全市共有文明村【12个】、文明单位【8个】。\n", [("2018", None), (None, "2021-12"), (None, "2021-12")]),
        # a bare month is not of the year since which something is so
        ("某县2022年创建总结\n从2020年起，每年安排经费【15万元】。在4月份的攻坚里，清出垃圾【160吨】。2019年修路【7条】，次年修路【8条】。\n", [("2020", None), ("2022-04", "2022-04"), ("2019", "2019"), ("2020", "2020")]),
        ("2021.6.1—8.31“净工地”行动期间，检查【20次】。\n", [("2021-06-01", "2021-08-31")]),
        # what happens every year from then on does not add up, nor does a level
        ("一、投入\n县财政自2018年起每年安排【260万元】。截至2022年8月底，督查【31次】。\n", [("2018", None), (None, "2022-08")]),
        ("一、绿化\n2023年以来，新增绿地【128公顷】。截至2023年9月，绿地率达到【39.6%】，建成公园【6个】。\n", [("2023", None), (None, "2023-09"), ("2023", "2023-09")]),
        # this month is the one that the title is on
        ("某街道2022年7月份创文小结\n本月反馈问题【31个】，上月反馈问题【12个】。\n", [("2022-07", "2022-07"), NONE]),
        ("某街道2022年创文小结\n本月反馈问题【31个】。\n", [NONE]),
        # the beginning of a year governs nothing
        ("2019年以来，我行推进创建，现汇报如下：\n年初，我行制定计划。发放资料【2万份】。\n", [("2019", None)]),
        # a greeting is no first item
        ("某市创建汇报\n各位领导：\n首先，我代表市委表示欢迎！下面，就2021年以来的创建工作作简要汇报。\n一、成效\n改造小区【56个】。\n", [("2021", None)]),
        # 特别是 brings a year in, as 是 does not
        ("2018年至2020年，清理垃圾【80吨】。特别是2020年，新建公厕【5座】。\n", [("2018", "2020"), ("2020", "2020")]),
        # a deadline in the figure's own clause is nearer than what opens the sentence
        ("截至2021年6月底，改造小区【56个】，其余【34个】将于9月底前完工。\n", [(None, "2021-06"), (None, "2021-09")]),
        # a sentence of the lead may state it without a figure
        ("某公司创建文明单位总结\n公司现有职工【356人】。2017年以来，公司推进创建。\n成立服务队，现有队员【26人】；募捐【8万元】。\n", [NONE, NONE, ("2017", None)]),
        # so does the heading of a section
        ("一、2017年工作情况\n（一）市容\n清理垃圾【80吨】。\n二、宣传情况\n发放资料【6万份】。\n", [("2017", "2017"), NONE]),
        ("一、2017年工作情况\n清理垃圾【80吨】。\n二、2018年工作计划\n新建公厕【5座】。\n", [("2017", "2017"), ("2018", "2018")]),
        # who wrote it, and why it was done, may stand before the period
        ("本报讯（通讯员某某）2019年以来，我行开展创建。\n发放资料【6万份】。\n", [("2019", None)]),
        ("为做好整治工作，我区从2017年4月以来集中攻坚。一是拆除违建【9处】。截至7月底，清理垃圾【80吨】。\n", [("2017-04", None), ("2017-04", "2017-07")]),
        # a masked month leaves the year as it is
        ("某局2021年创建工作总结\nx月份以前，发放资料【6万份】。\n", [("2021", "2021")]),
        # what happened to somebody in a year is no period of other things
        ("社区于2016年6月正式成立，辖居民小组【20个】。\n", [NONE]),
        ("对2016年已达标的街道提档升级，覆盖率达到【50%】。\n", [NONE]),
        # a caption does not make a lead of what stands before it
        ("我市大力培育好人，成绩显著。\n2012年以来，评出好人【60人】。\n设立好人榜【9处】。\n好人给学生讲故事\n接待群众【9万人次】。\n", [("2012", None), NONE, NONE]),
        # a body paragraph does not
        ("强化组织领导。\n2010年成立指挥部，抽调干部【30名】。\n清理垃圾【80吨】。\n", [("2010", "2010"), NONE]),
    ],
)  # fmt: skip
def test_title_lead_and_headings_govern_what_stands_under_them(text, expected):
    assert periods(text) == periods(text, year=2019) == expected


def test_this_year_is_the_months_of_the_title_and_the_last_year_that_a_report_knows():
    months = ("2023-01", "2023-10")
    text = "某市2023年1至10月创建汇报\n今年又新建公厕【9座】。年初列支经费【200万元】。今年10月新建公厕【2座】。\n"
    assert periods(text, year=2023) == [months, months, ("2023-10", "2023-10")]
    text = "某市创建汇报\n截至2019年8月末，兑现奖补【400万元】。\n今年2月，举办恳谈会【6场】。\n"
    assert periods(text, year=2019) == [(None, "2019-08"), ("2019-02", "2019-02")]


def test_years_counted_back_end_with_the_years_of_the_title():
    text = "某市2018—2020年创建汇报\n一、以文化人\n三年间评出道德模范【45名】，三年累计投入【18亿元】。\n"
    assert periods(text) == [("2018", "2020"), ("2018", "2020")]


def test_a_lead_that_says_up_to_when_it_reports_says_in_which_year_it_was_written():
    text = "某镇创建汇报\n我镇狠抓落实，截至{}底，进展顺利。现汇报如下：\n一、成效\n今年1至4月，清理垃圾【80吨】。\n"
    assert periods(text.format("2023年5月")) == [("2023-01", "2023-04")]
    assert periods(text.format("5月")) == [NONE]
    figured = text.replace("进展顺利", "全镇有村9个")
    assert periods(figured.format("2021年"))[-1] == NONE


def test_a_bare_month_is_of_the_year_last_spoken_of_which_may_be_this_one():
    text = "一、投入\n县财政自2018年起每年安排【260万元】，{}又追加【20万元】。截至8月底，督查【31次】。\n"
    assert periods(text.format("今年"), year=2022) == [("2018", None), ("2022", "2022"), (None, "2022-08")]
    assert periods(text.format("今年"))[2] == NONE
    assert periods(text.format("后来"), year=2022)[2] == (None, "2018-08")


def test_a_lead_on_this_year_leaves_the_months_of_the_title():
    text = "某局{}创建工作汇报\n今年以来，我局扎实推进创建工作，现将情况汇报如下：\n一、成效\n清理垃圾【80吨】。\n"
    whole_year = periods(text.format(""), year=2021)
    assert periods(text.format("2021年1-10月"), year=2021) == [("2021-01", "2021-10")] != whole_year
    assert periods(text.format("2021年"), year=2021) == whole_year
    assert periods(text.format("2020年1-10月"), year=2021) == whole_year


def test_where_a_period_comes_from_is_told():
    found = read("2015年以来，投入【3亿元】。新建公厕【7座】。今年拆除违建【5处】。\n", year=2018)
    assert found["period_basis"].to_list() == ["stated", "governing", "resolved"]
    assert found["period_rules"].to_list() == [
        "period=sentence:2015年以来",
        "period=paragraph:2015年以来",
        "period=sentence:今年",
    ]


def test_a_column_of_a_table_is_dated_by_its_header():
    quantities, sentences, reports = marked(
        "项目\t2017年\t2018年\n公厕\t【10】\t【12】\n", headers=["2017年 公厕", "2018年 公厕"]
    )
    assert read_periods(quantities, sentences, reports)["period_end"].to_list() == ["2017", "2018"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("每年安排专项经费【1200万元】。", ["year"]),
        ("从2014年开始每年列支【1200万元】，2016年调入干部【16名】。", ["year", None]),
        ("每天上路执勤【1000余人】。", ["day"]),
        ("每周开展环境整治，到岗人员【235人】，洒水车【2辆】。", ["week", "week"]),
        ("每周五开展清洁行动，出动志愿者【300人】。", ["week"]),
        ("每月开展一次督查，反馈问题【240件】。", [None]),
        ("每季度开展一次集中整治，出动执法人员【80人】。", ["quarter"]),
        ("每季度开展一次测评，全年表彰【60人】。", [None]),
        ("年均接待游客【30万人次】。", ["year"]),
        ("日均清运垃圾【300吨】。", ["day"]),
        ("平均每月受理投诉【40件】。", ["month"]),
        ("年货物吞吐量突破【3000万吨】。", ["year"]),
        ("入驻商户【400户】，年销售额超【10亿元】，带动【3000名】居民就业。", [None, "year", None]),
        ("日处理污水【5万吨】。", ["day"]),
        ("垃圾处理能力【300吨/日】。", ["day"]),
        ("2018年销售额【10亿元】。", [None]),
        ("今年收入【10亿元】。", [None]),
        ("近三年投入【3亿元】。", [None]),
        ("当日出动【30人】。", [None]),
        ("人均公园绿地【12平方米】。", [None]),
        ("每人发放补贴【200元】。", [None]),
        ("每天巡查，累计整改问题【90个】。", [None]),
        ("按照“每天一次问候、每周一次上门”的方式，服务老人【280名】。", [None]),
        ("每天对【20个】社区进行巡查。", [None]),
    ],
)
def test_a_rate_is_read_where_one_is_stated(text, expected):
    assert read(text)["per"].to_list() == expected


PIECES = [
    "2015年", "2018年", "20xx年", "**年", "今年", "去年", "6月", "31日", "2月30日", "以来", "至今", "截至", "底", "前", "到", "至", "-", "上半年",
    "一季度", "近三年", "“十三五”期间", "目前", "近年来", "每年", "每周", "日均", "，", "。", "；", "\n", "一、", "（二）", "一是", "《", "方案》", "（", "）",
    "投入", "的", "【3个】", "【*条】", "【300人】", "比", "是", "二〇一五年", "1-9月", "2015-2017年", "2019.12.31", "报告如下：", "下一步，", " ", "x",
]  # fmt: skip
YEARS = st.none() | st.integers(1990, 2030)


def is_iso(bound):
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", bound):
        return False
    parts = [int(part) for part in bound.split("-")]
    return bool(date(*parts, *[1] * (3 - len(parts))))


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), YEARS, st.integers(0, 99))
def test_rows_are_kept_and_periods_are_iso_and_in_order(text, year, seed):
    quantities, sentences, reports = marked(text, year=year)
    quantities = quantities.sample(fraction=1, shuffle=True, seed=seed)
    found = read_periods(quantities, sentences, reports)
    assert found.drop("period_start", "period_end", "period_basis", "per", "period_rules").equals(quantities)
    for start, end, basis in found.select("period_start", "period_end", "period_basis").rows():
        assert all(is_iso(bound) for bound in (start, end) if bound is not None)
        assert (basis is None) == (start is None and end is None)
        if start and end:
            coarse = min(len(start), len(end))
            assert start[:coarse] <= end[:coarse]
