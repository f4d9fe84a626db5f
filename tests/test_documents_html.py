"""Saved web pages give up the report, whole, and none of what stands around it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.readers import UnreadableError
from transforms.readers.html import read_html, read_mht

TITLE = "临河区2020年创建工作汇报"
REPORT = [
    "2020年以来，全区上下坚持创建为民，清运垃圾3.2万吨，新建公厕25座，群众满意率达到92.96%。",
    "一、主要做法",
    "（一）健全机制。召开推进会12次，印发通报36期。",
    "共8项。",
    "（二）整治市容。取缔占道经营2300处，拆除违建12,345平方米，清理小广告**处。",
    "市民评价：好于上年4个百分点",
    "二、下一步打算",
    "计划新增停车位800个，改造老旧小区15个，确保年底前全部完工。",
    "临河区人民政府",
    "2020年12月30日",
]
JUNK = [
    "首页",
    "工作总结99篇",
    "会员特惠77元",
    "相关阅读：清运垃圾888吨",
    "点击：6666次",
    "版权所有2001",
    "热线0478-5555555",
]
MENU = '<ul><li><a href="/">首页</a></li><li><a href="/1">工作总结99篇</a></li><li><a href="/2">述职报告</a></li></ul>'
LINKS = '<ul><li><a href="/3">相关阅读：清运垃圾888吨</a></li><li><a href="/4">某县创城总结</a></li></ul>'
P = "".join(f"<p>　　{line}</p>\n" for line in REPORT)
BR = "<br><br>\n".join(f"　　{line}" for line in REPORT)
DIVS = "".join(f"<div><span style='font-size:16px'>{line}</span></div>" for line in REPORT)
INFO = "<div>时间：2020-12-31　来源：本站　点击：6666次</div>"
HEADING = f"<h1>{TITLE}</h1>"

PAGES = {
    "an article among header, sidebar and footer": f"""<header><nav>{MENU}</nav></header><main><article>{HEADING}{INFO}{P}</article>
        <aside><h3>热门</h3>{LINKS}</aside></main><footer>版权所有2001 热线0478-5555555</footer>""",
    "tables that lay out the page": f"""<table width=980><tr><td>{MENU}</td></tr><tr><td><table><tr><td width=200>{LINKS}</td>
        <td><table><tr><td align=center>{HEADING}</td></tr><tr><td>{INFO}</td></tr><tr><td class=zw>{BR}</td></tr></table></td></tr></table></td></tr>
        <tr><td>版权所有2001 热线0478-5555555</td></tr></table>""",
    "a form around everything": f"""<form id="aspnetForm"><input type=hidden value="x99"><div class=menu>{MENU}</div>{HEADING}{INFO}
        <div id=zoom>{P}</div><div class=footer>版权所有2001 热线0478-5555555</div></form>""",
    "lines parted by breaks": f"<div id=top>{MENU}</div>{HEADING}<div class=info>点击：6666次</div><div>{BR}</div><div class=foot>版权所有2001</div>",
    "a box for every line": f"<div class=daohang>{MENU}</div><div class=wrap>{HEADING}{DIVS}</div><div class=xiangguan>{LINKS}</div>",
    "advertisements between the lines": f"""<div class="nav">{MENU}</div><div class=content>{HEADING}
        {P.replace("</p>", '</p><div class="ad_336">会员特惠77元</div><script>show(77)</script>', 3)}{LINKS}</div>""",
    "a class that misleads": f'<div class="has-sidebar hot">{HEADING}{P}</div><div class=footer>版权所有2001</div>',
    "nothing but the report": f"{HEADING}{P}",
}


def page(body, title=TITLE):
    return f"<!DOCTYPE html><html><head><title>{title}_范文网</title></head><body>{body}</body></html>"


def lines(markup):
    return [line.strip("\u3000 ") for line in read_html(markup, "utf-8").text.splitlines() if line.strip()]


@pytest.mark.parametrize("body", PAGES.values(), ids=PAGES)
def test_the_report_is_read_whole_and_nothing_else(body):
    assert lines(page(body)) == [TITLE, *REPORT]


@pytest.mark.parametrize("body", PAGES.values(), ids=PAGES)
def test_no_advertisement_menu_or_counter_is_read(body):
    assert not [junk for junk in JUNK if junk in read_html(page(body), "utf-8").text]


NUMBERS = st.integers(1, 10**6).map(str)
PIECES = st.one_of(
    NUMBERS.map("<p>共整治{}处。</p>".format),
    NUMBERS.map("<div>清运垃圾<b>{}</b>吨，成效明显</div>".format),
    NUMBERS.map("<ul><li>新建公厕{}座</li><li>其他</li></ul>".format),
    NUMBERS.map("<blockquote>出动人员<span>{}</span>人次</blockquote>".format),
    NUMBERS.map("<h3>第{}期</h3>".format),
    NUMBERS.map("<table><tr><th>项目</th><th>数量</th></tr><tr><td>停车位</td><td>{}</td></tr></table>".format),
    NUMBERS.map("<dl><dt>植树</dt><dd>{}株</dd></dl>".format),
    NUMBERS.map("<pre>发放资料\n{}份</pre>".format),
    NUMBERS.map("<section><p>惠及群众<br>{}户</p></section>".format),
    st.just("<p>各部门齐抓共管，形成了党政主导、部门联动、全民参与的工作格局，创建氛围日益浓厚。</p>"),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(PIECES, min_size=1, max_size=30))
def test_no_number_of_the_report_is_lost_whatever_it_is_marked_up_as(pieces):
    body = f"<div class=nav>{MENU}</div><div class=content>{HEADING}<p>{REPORT[0]}</p>{''.join(pieces)}<p>{REPORT[-3]}</p></div>"
    wanted = re.findall("[0-9]+", re.sub("<[^>]*>", " ", "".join(pieces)))
    text = read_html(page(body), "utf-8").text
    assert re.findall("[0-9]+", text.partition(REPORT[0])[2].rpartition(REPORT[-3])[0]) == wanted


def test_merged_cells_of_a_table_are_repeated_and_its_headers_joined():
    table = """<table><tr><td rowspan=2>区县</td><td colspan=2>清理垃圾（吨）</td></tr><tr><td>上半年</td><td>下半年</td></tr>
        <tr><td>东区</td><td>1200</td><td>1350.5</td></tr><tr><td>西区</td><td colspan=2>80</td></tr></table>"""
    assert lines(page(f"<p>{REPORT[0]}</p>{table}"))[1:] == [
        "区县\t清理垃圾（吨） 上半年\t清理垃圾（吨） 下半年",
        "东区\t1200\t1350.5",
        "西区\t80\t80",
    ]


def test_a_line_that_the_source_wraps_is_joined_without_a_space():
    assert lines(page("<p>全市共清运垃圾3.2\n   万吨，新建\n公厕25\n座。Public toilets\nare clean.</p>")) == [
        "全市共清运垃圾3.2万吨，新建公厕25座。Public toilets are clean."
    ]


def test_what_a_reader_does_not_see_is_left_out():
    hidden = '<span style="display:none">某网99</span><p hidden>88</p><!-- 77 --><noscript>66</noscript><template>55</template>'
    assert lines(page(f"<p>清运垃圾3吨。{hidden}</p>")) == ["清运垃圾3吨。"]


def test_title_author_and_date_come_from_the_page():
    head = '<meta name="author" content="区文明办"><meta property="article:published_time" content="2020-12-31T08:00:00+08:00">'
    found = read_html(page(PAGES["nothing but the report"]).replace("</head>", f"{head}</head>"), "utf-8")
    assert (found.title, found.author, found.created_on) == (TITLE, "区文明办", "2020-12-31")


def test_a_saved_page_whose_last_part_does_not_end_is_refused():
    message = (
        b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>1200\n"
    )
    with pytest.raises(UnreadableError, match="cut short"):
        read_mht(message)
    assert "1200" in read_mht(message + b"--b--\n").text
