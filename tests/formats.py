"""One report written to every format that is read, by programs that people use."""

import csv
import datetime as dt
import io
import shutil
import subprocess
import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import polars as pl
import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from transforms import schema

TITLE = "青川县2021年环境整治工作总结"
BEFORE = [
    "2021年，全县共清理垃圾3.2万吨，拆除违法建筑1200余处，出动执法人员12,345人次，整治合格率达到92.96%。",
    "一、增设停车位800个，新建公厕25座，投入资金5000多万元，惠及群众近千户，这是一段足够长的话，在任何纸张上都要折成好几行，行末的数字和它的单位也会分到两行里去，比如发放宣传资料36500份。",
    "二、招募志愿者**名，清运杂物xx吨，组织活动〇次之外的都不计入。",
]
TABLE = [["乡镇", "清理垃圾（吨）", "新建公厕（座）"], ["东河镇", "1200", "3"], ["西河镇", "350.5", "12"]]
AFTER = ["三、下一步，计划新增绿地15万平方米。", "青川县人民政府", "2021年12月30日"]
PARAGRAPHS = [TITLE, *BEFORE, *AFTER]
ROWS = ["\t".join(row) for row in TABLE]


def files(contents: dict[str, bytes]) -> pl.DataFrame:
    """The files of these names and contents (`stage.file`), arrived a second apart."""
    start = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
    rows = [
        {"file_name": name, "content": content, "arrived_at": start + dt.timedelta(seconds=second)}
        for second, (name, content) in enumerate(contents.items())
    ]
    return pl.DataFrame(rows, schema=schema.table("stage.file").frame_schema)


def as_text() -> str:
    return "\n".join([TITLE, *BEFORE, "", *ROWS, "", *AFTER, ""])


def as_markdown() -> bytes:
    lines = [f"| {' | '.join(row)} |" for row in TABLE]
    lines.insert(1, "|---|---:|---:|")
    bold = [line.replace("25座", "**25**座") for line in BEFORE]
    return "\n".join([f"# {TITLE}", "", *bold, "", *lines, "", *AFTER]).encode()


def as_html(encoding: str = "utf-8") -> bytes:
    """The report in a page with menus, advertisements and links to other reports."""
    paragraphs = "".join(f"<p>　　{line}</p>\n" for line in BEFORE)
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in TABLE)
    after = "".join(f"<div>{line}</div>" for line in AFTER)
    return f"""<!DOCTYPE html><html><head><meta charset="{encoding}"><title>{TITLE}-公文网</title>
<meta name="author" content="县整治办"><meta property="article:published_time" content="2021-12-31">
<script>var visits = 4711;</script></head><body>
<div class="nav"><ul><li><a href="/">首页</a></li><li><a href="/a">工作总结88篇</a></li></ul></div>
<div class="main"><h1>{TITLE}</h1><div class="ad-box">广告：会员特惠只要99元，名额剩余17个</div>
<div class="content">{paragraphs}<div class="gg">限时下载500份模板</div><table border="1">{rows}</table>{after}</div>
<div class="related"><a href="/b">相关：某县清运垃圾777吨</a> <a href="/c">某市新建公厕66座</a></div></div>
<div class="footer">版权所有 2001 电话 0839-1234567</div></body></html>""".encode(encoding)


def as_mht() -> bytes:
    message = EmailMessage()
    message["Subject"] = TITLE
    message.set_content(as_html("gb18030"), "text", "html", cte="base64", params={"charset": "gb2312"})
    message.make_related()
    message.add_related(b"GIF89a", "image", "gif")
    return message.as_bytes()


def as_docx() -> bytes:
    document = docx.Document()
    document.core_properties.title = TITLE
    document.core_properties.author = "县整治办"
    document.core_properties.created = dt.datetime(2021, 12, 31, 9)
    document.add_heading(TITLE, 0)
    for line in BEFORE:
        document.add_paragraph(line)
    grid = document.add_table(len(TABLE), len(TABLE[0]), style="Table Grid")
    for number, row in enumerate(TABLE):
        for place, cell in enumerate(row):
            grid.cell(number, place).text = cell
    for line in AFTER:
        document.add_paragraph(line)
    return _saved(document)


def as_xlsx() -> bytes:
    workbook = openpyxl.Workbook()
    workbook.properties.title = TITLE
    workbook.properties.creator = "县整治办"
    sheet = workbook.active
    for line in [TITLE, *BEFORE]:
        sheet.append([line])
    sheet.append([])
    for row in TABLE:
        sheet.append([float(cell) if cell.replace(".", "").isdigit() else cell for cell in row])
    sheet.append([])
    for line in AFTER:
        sheet.append([line])
    return _saved(workbook)


def as_csv(encoding: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([*([line] for line in [TITLE, *BEFORE]), [], *TABLE, [], *([line] for line in AFTER)])
    return text.getvalue().encode(encoding)


def as_pdf(ruled: bool = True, table: list[list[str]] = TABLE) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    style = ParagraphStyle("body", fontName="STSong-Light", fontSize=12, leading=20, firstLineIndent=24, wordWrap="CJK")
    head = ParagraphStyle("head", parent=style, fontSize=18, leading=30, firstLineIndent=0, alignment=1)
    grid = [
        ("FONT", (0, 0), (-1, -1), "STSong-Light", 12),
        *([("GRID", (0, 0), (-1, -1), 0.5, colors.black)] if ruled else []),
    ]
    target = io.BytesIO()
    SimpleDocTemplate(target, pagesize=A4, title=TITLE, author="县整治办").build(
        [
            Paragraph(TITLE, head),
            *(Paragraph(line, style) for line in BEFORE),
            Table(table, style=grid, colWidths=130),
            *(Paragraph(line, style) for line in AFTER),
        ]
    )
    return target.getvalue()


def zipped(contents: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return target.getvalue()


def _saved(document) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def converted(folder: Path, conversions: list[tuple[str, bytes, str]]) -> dict[str, bytes]:
    """Files rewritten by LibreOffice: name, content and the ending of the new format."""
    office = shutil.which("soffice")
    if not office:
        pytest.skip("needs LibreOffice")
    found = {}
    for name, content, ending in conversions:
        path = folder / name
        path.write_bytes(content)
        subprocess.run(
            [
                office,
                f"-env:UserInstallation={(folder / 'profile').as_uri()}",
                "--headless",
                "--convert-to",
                ending,
                path,
            ],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=120,
        )
        found[path.with_suffix(f".{ending}").name] = path.with_suffix(f".{ending}").read_bytes()
    return found
