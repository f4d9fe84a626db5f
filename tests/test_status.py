import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked import marked

from transforms.status import read_status

A, T = "actual", "target"


def statuses(text, **fields):
    quantities, sentences, _ = marked(text, **fields)
    return read_status(quantities, sentences)["status"].to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # plain statements
        ("全年清运垃圾【300吨】，新建公厕【12座】。", [A, A]),
        ("市财政每年安排创建经费【500万元】。", [A]),
        ("区政府设立了【2000万元】奖补资金。", [A]),
        # plans, goals, announcements
        ("计划新建公厕【12座】。", [T]),
        ("拟投资【3亿元】改造管网。", [T]),
        ("力争招募志愿者【2万名】。", [T]),
        ("我市将投入资金【800万元】，改造小区【20个】。", [T, T]),
        ("项目将于年底开工，新增泊位【600个】。", [T]),
        ("确保绿地率达到【38%】以上。", [T]),
        ("提出了清理垃圾【1万吨】的目标。", [T]),
        ("计划改造棚户区【10万平方米】，实际开工【12万平方米】。", [T, A]),
        ("即将建成农贸市场【2处】。", [T]),
        ("工程概算总投资【1.2亿元】。", [T]),
        ("规划建设停车场【5处】。", [T]),
        ("今年要完成【40条】背街小巷的整治。", [T]),
        ("到2025年，森林覆盖率达到【45%】。", [T]),
        ("到2025年，垃圾焚烧占比达到【75%】；农村供水率达到【95%】。", [T, T]),
        ("对2020年已达标的街道提档升级，力争新建公厕【5座】。", [T]),
        ("2021年目标任务为：开工改造小区【1500个】。", [T]),
        # what is required of somebody does not reach over what is told then
        ("要求各单位新建公厕不低于【2座】。", [T]),
        ("要求全员提高站位，遵守公约，规范服务，做文明人，宣传【16场】，发放资料【2万份】。", [A, A]),
        ("2020年底前改造老旧小区【30个】。", [T]),
        ("争取到明年新增绿地【20万平方米】。", [T]),
        ("有望新增就业【3000人】。", [T]),
        ("要把【20个】小区纳入整治范围。", [T]),
        ("预计到年底可建成公园【3个】。", [T]),
        ("全市还需新建垃圾中转站【4座】。", [T]),
        ("总体目标是创建文明村镇【100个】。", [T]),
        # requirements and standards
        ("要求各社区招募志愿者【100名】。", [T]),
        ("每个网格必须配备保洁员【2名】。", [T]),
        ("落实每百户不少于【1个】的配备标准。", [T]),
        ("知晓率要达到【90%】的要求。", [T]),
        ("每个社区每月开展活动不少于【2次】。", [T]),
        # what recurs has a floor without being planned
        ("每日上岗志愿者不少于【230人】。", [A]),
        ("市财政每年用于创建的资金应不少于【500万元】。", [T]),
        # 需 and 要 are parts of other words
        ("坚持问需于民，累计投入【4亿元】。", [A]),
        ("供需对接，建成停车场【3处】；根据需要在路口设岗亭【30个】。", [A, A]),
        ("还需新建公厕【4座】。", [T]),
        # a standard within a plan ends nothing
        ("到2025年底，计划绿地不少于【15亩】，新建公厕【5座】。", [T, T]),
        ("迎检之前确保全部销号；再配分类桶【400组】。", [T]),
        ("四是9月份的安排。再清理垃圾【2万吨】。", [T]),
        ("2021年改造小区18个，2023年前三季度【15个】。", [A]),
        ("向上争取市级奖补【800万元】，街道自筹【135万元】。", [A, A]),
        ("小区绿地率不低于【30%】的目标。", [T]),
        ("目前知晓率已达到【90%】的目标。", [A]),
        ("已选定垃圾站【3座】的站址，尚未开工。", [T]),
        # a plan, then what has become of it
        ("计划投资【5000万元】，目前已投入【3200万元】。", [T, A]),
        ("年度改建任务【2座】，已完成【3座】。", [T, A]),
        ("承担创建任务【31项】。", [A]),
        ("下达新增就业【2万人】目标，实现就业【2.3万人】。", [T, A]),
        ("下半年，大队将抓好以下工作：一是招募志愿者【300名】；二是建成停车场【2处】。", [T, T]),
        ("计划改造厕所【80座】，已完成【65座】，剩余【15座】。", [T, A, A]),
        ("拟建公园【6个】；已建成【2个】。", [T, A]),
        ("原计划拆除违建【300处】，截至目前拆除【280处】。", [T, A]),
        ("力争完成【50个】，累计建成【31个】。", [T, A]),
        ("已建成公厕【20座】，计划再建【10座】。", [A, T]),
        ("投入【300万元】，下一步将再投入【200万元】。", [A, T]),
        ("目前完成【8个】，年底前再完成【4个】。", [A, A]),
        # a semicolon ends a plan that did not open the sentence
        ("推进校园创建，计划建成文明校园【9所】；投入资金【60万元】。", [T, A]),
        ("计划新建公厕【10座】；改造公厕【5座】。", [T, T]),
        # inside brackets
        ("完成改造【93个】（计划【100个】），铺设管网【7公里】。", [A, T, A]),
        # not yet begun
        ("由企业统一建设【18栋】厂房，目前尚未开工。", [T]),
        ("新选址垃圾站【3座】，正在筹建。", [T]),
        ("总投资【2亿元】的污水处理厂即将开工。", [T]),
        ("老旧小区【25个】年底前全部完成改造。", [T]),
        # words that look like plans
        ("2020年底前建成的【12座】中转站投用，2021年将新建【5座】。", [A, T]),
        ("按计划整治小巷【30条】。", [A]),
        ("实施三年行动计划，拆除违建【20处】。", [A]),
        ("将任务分解到【60个】单位。", [A]),
        ("将创建经费纳入预算，每年安排【300万元】，三年来共投入【2亿元】。", [A, A]),
        ("将垃圾箱【300个】统一更换为分类桶。", [A]),
        ("将创建工作分为【四个】阶段。", [A]),
        ("按照上级要求，出动执法人员【80人】。", [A]),
        ("签订目标责任书【45份】。", [A]),
        ("争取上级资金【900万元】。", [A]),
        ("主要街道设置果皮箱【240个】。", [A]),
        ("重要路口投放广告【15处】。", [A]),
        ("为了方便群众，建成便民市场【3处】。", [A]),
        ("对责任落实情况督查，确保【31项】任务有序推进。", [A]),
        ("开展模拟测评【4次】。", [A]),
        ("编印应急手册【5000册】。", [A]),
        ("2023年，支队将在巩固现有成果的基础上，再新增泊位【2000个】。", [T]),
        # a task that others gather around holds for its clause alone
        ("围绕【21个】整洁村、【5个】美丽村建设任务，整合资源，建成垃圾房【9座】。", [T, T, A]),
        ("围绕创建任务，建成垃圾房【9座】。", [A]),
    ],
)
def test_the_nearest_cue_before_a_figure_decides(text, expected):
    assert statuses(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一、工作成效\n建成公厕【9座】。\n二、下一步工作打算\n新建公厕【5座】。\n", [A, T]),
        ("一、下步打算\n（一）强化投入\n投入资金【300万元】。\n二、几点体会\n走访【40户】。\n", [T, A]),
        ("（三）明年工作思路\n1.抓硬件。改造道路【8条】。\n2.抓队伍。招募志愿者【600名】。\n（四）保障\n投入【5万元】。\n", [T, T, A]),
        ("清理垃圾【80吨】。\n下一步，我们将做好以下工作：\n一是新增泊位【200个】。\n二是改造市场【2处】。\n", [A, T, T]),
        ("一、成效\n清理垃圾【80吨】。今后，继续加大力度，清理小广告【900条】。\n新建公厕【3座】。\n", [A, T, A]),
        ("下一步工作计划\n新建公厕【3座】。\n", [T]),
        ("下阶段，全镇清理河道【6条】，其中已清理【2条】。\n", [T, A]),
        # what will be done this year, told among results, says nothing of the paragraphs that follow
        ("今年，我县将投入【80万元】建设少年宫。修缮【9所】。\n出动执法人员【50人次】。\n", [T, T, A]),
        ("今年，我县将做好以下工作：\n建设少年宫【9所】。\n", [T]),
        ("一、2018年工作总结及下一步打算\n清理垃圾【80吨】。\n", [A]),
        ("三、存在问题\n停车位缺口【400个】。\n四、工作计划\n建设停车位【300个】。\n", [A, T]),
        ("为改善环境，制定如下实施方案。\n新建公厕【3座】。\n一、绿化\n新增绿地【2公顷】。\n", [T, T]),
        ("某区创建文明城市实施方案\n一、工作任务\n新建公厕【3座】。\n", [T]),
        ("某区创建文明城市工作总结\n一、主要做法\n新建公厕【3座】。\n", [A]),
    ],
)  # fmt: skip
def test_headings_and_openings_govern_what_stands_under_them(text, expected):
    assert statuses(text) == expected


def test_a_planned_column_of_a_table_holds_targets():
    quantities, sentences, _ = marked(
        "项目\t计划数\t完成数\n公厕\t【10】\t【8】\n", headers=["计划数 公厕", "完成数 公厕"]
    )
    assert read_status(quantities, sentences)["status"].to_list() == [T, A]


def test_the_rule_and_the_word_that_decided_are_named():
    quantities, sentences, _ = marked("力争新建公厕【3座】；改造【2座】。\n拆除违建【5处】。\n")
    assert read_status(quantities, sentences)["status_rules"].to_list() == ["status=cue:力争"] * 2 + [""]


PIECES = [
    "计划",
    "将",
    "已",
    "目前",
    "；",
    "，",
    "。",
    "\n",
    "下一步",
    "确保",
    "【3个】",
    "【*条】",
    "一、",
    "（二）",
    "不少于",
    "的标准",
    "年底前",
    "投入",
    "x",
    " ",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.randoms(use_true_random=False))
def test_rows_and_order_are_kept(text, chance):
    quantities, sentences, _ = marked(text)
    quantities = quantities.sample(fraction=1, shuffle=True, seed=chance.randrange(100))
    read = read_status(quantities, sentences)
    assert read.drop("status", "status_rules").equals(quantities)
    assert set(read["status"]) <= {A, T}
    assert read["status_rules"].null_count() == 0
