"""The grammar: clauses about counts and clauses about other numbers, joined into sentences."""

from dataclasses import dataclass, replace
from random import Random

from . import numbers
from .numbers import Number

# What is done, to what, counted how. The noun stands before the number or behind it.
THINGS = [
    ("新建", "公厕", "座"), ("改造", "农贸市场", "处"), ("清理", "卫生死角", "处"), ("清运", "积存垃圾", "吨"),
    ("拆除", "违章建筑", "平方米"), ("设置", "垃圾桶", "个"), ("施划", "停车泊位", "个"), ("发放", "宣传手册", "份"),
    ("张贴", "宣传海报", "张"), ("悬挂", "横幅", "条"), ("出动", "执法车辆", "台次"), ("组织", "志愿者", "名"),
    ("招募", "文明引导员", "人"), ("查处", "违法行为", "起"), ("取缔", "流动摊点", "个"), ("整修", "人行道", "公里"),
    ("补栽", "行道树", "株"), ("新增", "绿地", "亩"), ("走访", "困难群众", "户"), ("举办", "道德讲堂", "场"),
    ("刊发", "信息", "条"), ("编印", "简报", "期"), ("安装", "路灯", "盏"), ("铺设", "雨污管网", "米"),
    ("疏通", "下水道", "处"), ("更换", "井盖", "套"), ("粉刷", "墙面", "㎡"), ("培训", "网格员", "人次"),
    ("成立", "工作专班", "个"), ("抽调", "机关干部", "名"), ("劝导", "不文明行为", "次"), ("暂扣", "三轮摩托", "辆"),
    ("评选", "最美家庭", "户"), ("建成", "文化广场", "个"), ("投放", "共享单车", "辆"), ("收集", "意见建议", "条"),
    ("整改", "突出问题", "项"), ("签订", "责任书", "份"), ("购置", "洒水车", "台"), ("植树", "苗木", "棵"),
    ("打捞", "漂浮物", "立方米"), ("慰问", "单亲家庭", "名"), ("分解", "目标任务", "项"), ("补植", "植物", "种"),
    ("督查", "在建学校", "所"), ("设立", "理论宣讲点", "处"), ("走访", "长期合作企业", "家"), ("动员", "大学生", "人"),
    ("服务", "外来务工人员", "户"), ("组织", "员工", "人"), ("聘请", "市民监督员", "名"), ("编写", "本地方志", "本"),
    ("接待", "来访群众", "批"), ("汇演", "地方戏", "场"), ("培训", "人大代表", "名"), ("维护", "位置标识", "块"), ("硬化", "路面", "平方公里"), ("绿化", "荒山", "公顷"), ("维修", "健身器材", "件"),
]  # fmt: skip
SINGLE = {
    "种",
    "所",
    "家",
    "批",
    "块",
    "座",
    "处",
    "个",
    "张",
    "条",
    "名",
    "人",
    "起",
    "株",
    "户",
    "场",
    "盏",
    "套",
    "次",
    "辆",
    "项",
    "台",
    "棵",
    "件",
    "份",
}
RATES = ["绿化覆盖率", "群众满意度", "整改完成率", "垃圾无害化处理率", "市民知晓率", "入户率"]
SUMS = ["累计投入资金", "筹集帮扶资金", "完成固定资产投资", "安排专项经费", "发放补贴"]
BEFORE = {
    "exact": [""],
    "approx": ["约", "大约"],
    "over": ["超过", "逾"],
    "nearly": ["近", "将近"],
    "at_least": ["不少于"],
    "at_most": ["不超过"],
}
AFTER = {"approx": ["左右"], "over": ["以上"], "at_most": ["以内"]}

# Clauses whose numbers count nothing.
OTHERS = [
    "2019年3月12日召开动员大会", "自2017年以来持续攻坚", "8月底前全面完成", "在第三季度推进会上", "1—9月份",
    "按照市政发〔2018〕26号文件要求", "根据第12号令", "位居全省第3位", "在考核中进入前10名", "第二批整改任务已经下达",
    "用三年时间", "历时两个月", "连续24小时值守", "每周五开展清洁日活动", "每月一次集中整治", "拨打12345热线",
    "在人民路36号院", "沿107国道两侧", "统一思想", "进一步压实责任", "坚持“四城同创”", "落实门前三包", "十分重视",
    "开展了一系列活动", "涌现出一批先进典型", "一是加强领导", "实现零投诉", "党的十九大以来", "“十三五”期间",
    "60岁以上老人免费乘车", "几百人参与", "数十家单位响应", "二期工程开工", "三年级学生走上街头", "xx区高度重视",
    "**市委专题研究", "20xx年被命名为省级文明城市", "上午9点集中出发", "百姓拍手称快", "千方百计解决停车难",
    "在四川路设点宣传", "创建5A级景区", "推行“1+3”机制", "获得一等奖", "第一时间处置", "两会期间", "万一出现反弹",
]  # fmt: skip
LEADS = [
    "今年以来，",
    "截至目前，",
    "全市",
    "我区",
    "街道办事处",
    "活动期间，",
    "",
    "",
    "",
    "（一）强化整治。",
    "二是突出重点。",
]


@dataclass(frozen=True)
class Quantity:
    """A quantity of a sentence: its first character, characters and meaning."""

    start: int
    text: str
    value: float | None
    value_high: float | None
    unit: str
    qualifier: str


class Sentence:
    """Text being written, and the quantities written so far."""

    def __init__(self) -> None:
        self.text = ""
        self.quantities: list[Quantity] = []

    def write(self, text: str) -> None:
        """Text without a quantity."""
        self.text += text

    def count(self, number: Number, unit: str, qualifier: str = "exact", space: str = "", bracket: str = "") -> None:
        """A quantity; fuzz in the number decides its qualifier."""
        text = number.text + (space + unit + bracket if unit else "")
        qualifier = "over" if number.fuzzy else qualifier
        self.quantities.append(Quantity(len(self.text), text, number.value, number.value_high, unit, qualifier))
        self.text += text


def fitting(random: Random, unit: str) -> Number:
    """A number that may stand before the unit; a single Chinese numeral only before a classifier."""
    while True:
        number = numbers.number(random)
        single = len(number.text) == 1 and number.text in "两二三四五六七八九十"
        # 58千米 is 58 千米, not 58,000 米.
        if not (single and unit not in SINGLE) and not (number.text.endswith("千") and unit == "米"):
            return number


def qualified(random: Random, number: Number) -> tuple[str, str, str]:
    """A qualifier, and the words before and behind that make it."""
    if number.fuzzy or number.value_high is not None or random.random() < 0.6:
        return "exact", "", ""
    qualifier = random.choice(list(BEFORE))
    if qualifier in AFTER and random.random() < 0.5:
        return qualifier, "", random.choice(AFTER[qualifier])
    return qualifier, random.choice(BEFORE[qualifier]), ""


def counted(sentence: Sentence, random: Random) -> None:
    """新建公厕12座, or 新建12座公厕."""
    verb, noun, unit = random.choice(THINGS)
    number = fitting(random, unit)
    qualifier, before, behind = qualified(random, number)
    space = " " if random.random() < 0.05 and number.text[-1].isdigit() else ""
    if random.random() < 0.5:
        sentence.write(verb + noun + before)
        sentence.count(number, unit, qualifier, space)
        sentence.write(behind)
    else:
        sentence.write(verb + ("了" if random.random() < 0.3 else "") + before)
        sentence.count(number, unit, qualifier, space)
        sentence.write(behind + noun)


def listed(sentence: Sentence, random: Random) -> None:
    """新建公厕12座、垃圾中转站3座和停车场两处."""
    verb = random.choice(["新建", "改造", "新增", "累计建成"])
    items = random.sample(THINGS, random.randint(2, 4))
    sentence.write(verb)
    for index, (_, noun, unit) in enumerate(items):
        sentence.write(
            ("" if index == 0 else "和" if index == len(items) - 1 and random.random() < 0.5 else "、") + noun
        )
        sentence.count(fitting(random, unit), unit)


def elided(sentence: Sentence, random: Random) -> None:
    """东城、西城、南城分别设立服务点3、5和8个: the unit stands with the last."""
    values = [random.randint(2, 90) for _ in range(3)]
    sentence.write(random.choice(["东城、西城、南城分别设立服务点", "各镇分别建成示范村"]))
    for value, joint in zip(values[:-1], ("、", "和"), strict=True):
        sentence.count(Number(str(value), value), "")
        sentence.write(joint)
    sentence.count(Number(str(values[-1]), values[-1]), "个")


def bracketed(sentence: Sentence, random: Random) -> None:
    """悬挂横幅200幅（条）."""
    noun, unit, other = random.choice(
        [("悬挂横幅", "幅", "条"), ("发放资料", "份", "册"), ("整治点位", "处", "个"), ("开展宣讲", "场", "次")]
    )
    sentence.write(noun)
    sentence.count(numbers.plain(random), unit, bracket=random.choice([f"（{other}）", f"({other})"]))


def part(sentence: Sentence, random: Random) -> None:
    """其中女性120人，占总数的35%."""
    sentence.write(random.choice(["其中女性", "其中党员", "其中省级", "其中主城区"]))
    sentence.count(numbers.plain(random), random.choice(["人", "个", "名"]))
    share = random.randint(2, 99)
    sentence.write(random.choice(["，占总数的", "，占比", "，约占全区的"]))
    qualifier = "approx" if sentence.text.endswith("约占全区的") else "exact"
    sentence.count(Number(str(share), share), "%", qualifier)


def each(sentence: Sentence, random: Random) -> None:
    """每个社区配备保洁员3名, 人均公共绿地12.5平方米."""
    form = random.randrange(3)
    if form == 0:
        sentence.write("每个社区配备保洁员")
        sentence.count(random.choice([numbers.plain, numbers.said, numbers.range_of])(random), "名")
    elif form == 1:
        sentence.write("人均公共绿地面积")
        sentence.count(numbers.decimal(random), "平方米")
    else:
        sentence.write("平均每天清运垃圾")
        sentence.count(numbers.plain(random), "吨")


def change(sentence: Sentence, random: Random) -> None:
    """由120处减少到15处, 同比增长23%."""
    if random.random() < 0.5:
        sentence.write("占道经营由")
        sentence.count(numbers.plain(random), "处")
        sentence.write("减少到")
        sentence.count(numbers.plain(random), "处")
    else:
        sentence.write("同比" + random.choice(["增长", "下降", "提高", "减少"]))
        share = random.randint(11, 999) / 10
        sentence.count(Number(f"{share}", share), "%")


def rate(sentence: Sentence, random: Random) -> None:
    """绿化覆盖率达42.5%, in one of the ways to write a share."""
    sentence.write(random.choice(RATES) + random.choice(["达到", "为", "达", "提高到"]))
    tenths = random.randint(101, 999)
    form = random.randrange(5)
    if form == 0:
        sentence.count(Number(f"{tenths / 10}%", tenths / 10), "")
    elif form == 1:
        whole, tenth = divmod(tenths, 10)
        text = f"百分之{numbers.chinese(whole)}" + (f"点{numbers.FIGURES[tenth]}" if tenth else "")
        sentence.count(Number(text, tenths / 10), "")
    elif form == 2:
        sentence.count(Number(f"{tenths / 10}％", tenths / 10), "")
    elif form == 3:
        sentence.count(Number(random.choice(["x%", "**%", "xx.x%"]), None), "")
    else:
        tenth = random.randint(3, 9)
        sentence.count(Number(numbers.FIGURES[tenth], tenth), "成")
        return
    last = sentence.quantities[-1]
    sentence.quantities[-1] = replace(last, unit="％" if last.text.endswith("％") else "%")
    if random.random() < 0.2:
        points = random.randint(2, 9)
        sentence.write("，比上年提高")
        sentence.count(Number(f"{points}.{points}", float(f"{points}.{points}")), "个百分点")


def money(sentence: Sentence, random: Random) -> None:
    """累计投入资金50多亿元."""
    sentence.write(random.choice(SUMS))
    number = random.choice(
        [numbers.with_multiplier, numbers.fuzzy, numbers.mixed, numbers.masked, numbers.said_decimal]
    )(random)
    qualifier, before, behind = qualified(random, number)
    sentence.write(before)
    sentence.count(number, random.choice(["元", "元", "元", "美元"]), qualifier)
    sentence.write(behind)


def kinds(sentence: Sentence, random: Random) -> None:
    """围绕六大行动."""
    value = random.randint(3, 9)
    sentence.write(random.choice(["围绕", "聚焦", "实施", "推进"]))
    sentence.count(Number(random.choice([numbers.FIGURES[value], str(value)]), value), "")
    sentence.write("大" + random.choice(["行动", "工程", "领域", "重点任务"]))


CLAUSES = [counted] * 8 + [listed] * 3 + [rate, rate, money, money, money, elided, bracketed, kinds, part, each, change]


def sentence(random: Random) -> Sentence:
    """One to five clauses, some of which count nothing."""
    made = Sentence()
    made.write(random.choice(LEADS))
    for index in range(random.randint(1, 5)):
        if index:
            made.write(random.choice("，，，；"))
        if random.random() < 0.3:
            made.write(random.choice(OTHERS))
        else:
            random.choice(CLAUSES)(made, random)
    made.write("。")
    return traditional(made) if random.random() < 0.05 else made


TRADITIONAL = str.maketrans(
    "万亿两个张条户处吨亩辆场台块种项间级层双对头线队组门达约将过围绕积极组织举办悬挂横幅垃圾发放宣传册动执法",
    "萬億兩個張條戶處噸畝輛場臺塊種項間級層雙對頭線隊組門達約將過圍繞積極組織舉辦懸掛橫幅垃圾發放宣傳冊動執法",
)


def traditional(made: Sentence) -> Sentence:
    """The sentence in traditional script."""
    written = Sentence()
    written.text = made.text.translate(TRADITIONAL)
    written.quantities = [
        replace(found, text=found.text.translate(TRADITIONAL), unit=found.unit.translate(TRADITIONAL))
        for found in made.quantities
    ]
    return written


def table(random: Random) -> Sentence:
    """A table whose units stand in the header."""
    made = Sentence()
    made.write("街道\t清运垃圾(吨)\t志愿者（名）\t满意度\n")
    for place in random.sample(["东关街道", "城北镇", "新华路社区", "开发区", "高铁片区"], 3):
        made.write(place)
        for unit in ("吨", "名"):
            made.write("\t")
            number = random.choice([numbers.plain, numbers.decimal])(random)
            made.count(number, "")
            made.quantities[-1] = replace(made.quantities[-1], unit=unit)
        made.write("\t")
        share = random.randint(500, 999) / 10
        made.count(Number(f"{share}", share), "%")
        made.write("\n")
    return made


def sample(seed: int, size: int) -> list[Sentence]:
    """The sentences of a seed: the same ones every time."""
    random = Random(seed)
    return [table(random) if random.random() < 0.02 else sentence(random) for _ in range(size)]
