"""Files that are broken, or made to do harm, each with the causes for which it may be refused."""

import io
import random
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator

import formats
import msoffcrypto.format.ooxml
import reportlab.lib.pdfencrypt
import xlwt.CompoundDoc
from reportlab.pdfgen.canvas import Canvas

SECRET = "/etc/hostname"
MEGABYTE = 2**20
CHINESE = "全市清运垃圾三吨，新建公厕二十五座。" * 20


def all_files() -> Iterator[tuple[str, bytes, set[str]]]:
    """Name, content and the causes that fit, of every hostile file that needs no other program to make."""
    for kind in (_texts, _truncated, _encrypted, _packages, _archives, _pdfs, _pages, _workbooks, _ole, _foreign):
        yield from kind()


def _texts():
    noise = random.Random(1).randbytes(5000)
    yield "empty.txt", b"", {"empty"}
    yield "empty.docx", b"", {"empty"}
    yield "blank.txt", b" \r\n\t\r\n" * 100, {"empty"}
    yield "zeros.txt", bytes(1000), {"empty"}
    yield "zeros.pdf", bytes(70_000), {"empty"}
    for ending in ("txt", "docx", "pdf", "xls", "html"):
        yield f"noise.{ending}", ending.encode() + noise, {"encoding", "binary"}
    yield "half-gb18030.txt", CHINESE.encode("gb18030")[:-1] + b"\xff\xff", {"encoding"}
    yield "mixed-encodings.txt", CHINESE.encode("gb18030") + CHINESE.encode(), {"encoding"}
    yield (
        "lone-surrogate.txt",
        b"\xff\xfe" + "垃圾".encode("utf-16-le") + b"\x00\xd8" + "三吨".encode("utf-16-le"),
        {"encoding"},
    )
    yield "odd-utf-16.txt", b"\xff\xfe" + "垃圾三吨".encode("utf-16-le")[:-1], {"encoding"}
    yield "broken-after-mark.txt", b"\xef\xbb\xbf" + "垃圾三吨".encode("gb18030"), {"encoding"}
    yield "odd-utf-32.txt", b"\xff\xfe\0\0" + "垃圾".encode("utf-32-le")[:-2], {"encoding"}
    yield "big5.txt", "全市清運垃圾三噸，新建公廁二十五座。".encode("big5") * 20, {"encoding"}
    yield (
        "shift-jis.txt",
        "市内のごみを三トン収集し、公衆便所を二十五か所新設しました。".encode("shift-jis") * 20,
        {"encoding"},
    )
    yield "latin-1.txt", "Les déchets ont été collectés à côté de l'hôtel. ".encode("latin-1") * 20, {"encoding"}
    yield "control.txt", CHINESE.encode() + b"\x01\x02" + CHINESE.encode(), {"binary"}
    yield "unclosed.csv", b'a,b\n"' + b"1" * 200_000 + b"\n", {"damaged"}
    yield "broken.rtf", b"{\\rtf1" + b"{" * 200_000, {"empty", "damaged", "crash", "encoding"}


def _truncated():
    """Files cut short at many places, the first inside of their header."""
    whole = {
        "docx": formats.as_docx(),
        "xlsx": formats.as_xlsx(),
        "pdf": formats.as_pdf(),
        "zip": formats.zipped({"报告.txt": CHINESE.encode()}),
        "mht": formats.as_mht(),
        "xls": as_xls(),
    }
    for ending, content in whole.items():
        for share in (0.2, 0.4, 0.6, 0.8, 0.95):
            cut = content[: int(len(content) * share)]
            yield f"cut-{share}.{ending}", cut, {"damaged", "unsupported", "empty"}


def as_xls() -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("汇总")
    for row in range(300):
        sheet.write(row, 0, f"第{row}项")
        sheet.write(row, 1, row * 1.5)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _encrypted():
    for ending, content in (("docx", formats.as_docx()), ("xlsx", formats.as_xlsx())):
        target = io.BytesIO()
        msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(content)).encrypt("secret", target)
        yield f"locked.{ending}", target.getvalue(), {"encrypted"}
    target = io.BytesIO()
    canvas = Canvas(target, encrypt=reportlab.lib.pdfencrypt.StandardEncryption("secret", strength=128))
    canvas.drawString(100, 100, "1200")
    canvas.save()
    yield "locked.pdf", target.getvalue(), {"encrypted"}
    archive = bytearray(formats.zipped({"a.txt": CHINESE.encode()}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(signature) + offset] |= 1
    yield "locked.zip", bytes(archive), {"encrypted"}
    records = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 5, 0, 0, 0, 0) + struct.pack("<HHHHH", 0x2F, 6, 0, 1, 2)
    yield "locked.xls", _compound(records), {"encrypted"}


def _compound(workbook: bytes) -> bytes:
    target = io.BytesIO()
    xlwt.CompoundDoc.XlsDoc().save(target, workbook + bytes(5000))
    return target.getvalue()


def repacked(package: bytes, changes: dict[str, bytes | int | None]) -> bytes:
    """A zip file with some members replaced, by so many blanks for a number, or left out for `None`."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (members | changes).items():
            if isinstance(content, int):
                with archive.open(name, "w") as member:
                    for _ in range(content // MEGABYTE):
                        member.write(b" " * MEGABYTE)
            elif content is not None:
                archive.writestr(name, content)
    return target.getvalue()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


def word_xml(body: str, declaration: str = "") -> bytes:
    return f'<?xml version="1.0"?>{declaration}<w:document {W}><w:body>{body}</w:body></w:document>'.encode()


def _packages():
    word = formats.as_docx()
    part = "word/document.xml"
    yield "no-document.docx", repacked(word, {part: None}), {"damaged"}
    yield "no-markup.docx", repacked(word, {part: b"no markup"}), {"damaged"}
    yield "no-text.docx", repacked(word, {part: word_xml("<w:p/>")}), {"empty"}
    yield (
        "half-markup.docx",
        repacked(word, {part: word_xml("<w:p><w:r><w:t>三吨").split(b"</w:body>")[0]}),
        {"damaged"},
    )
    yield "bomb.docx", repacked(word, {part: 200 * MEGABYTE}), {"bomb"}
    yield "other-part-bomb.docx", repacked(word, {"word/media/a.bin": 100 * MEGABYTE}), {"bomb"}
    laughs = f'<!DOCTYPE d [<!ENTITY l0 "哈哈">{LAUGHS}]>'
    yield (
        "laughs.docx",
        repacked(word, {part: word_xml("<w:p><w:r><w:t>&l11;</w:t></w:r></w:p>", laughs)}),
        {"entities"},
    )
    deep = "<w:tbl><w:tr><w:tc>" * 100_000 + "</w:tc></w:tr></w:tbl>" * 100_000
    yield "deep.docx", repacked(word, {part: word_xml(deep)}), {"damaged", "empty", "crash", "bomb", "time"}
    yield (
        "slides.pptx",
        formats.zipped({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"}),
        {"unsupported"},
    )
    yield (
        "open.odt",
        formats.zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<a/>"}),
        {"unsupported"},
    )


def _archives():
    one = {"report.txt": CHINESE.encode()}
    yield "bomb.zip", repacked(formats.zipped({}), {"blanks.txt": 100 * MEGABYTE}), {"bomb"}
    nested = formats.zipped(one)
    for level in range(5):
        nested = formats.zipped({f"level{level}.zip": nested})
    yield "nested.zip", nested, {"archive"}
    yield "no-files.zip", formats.zipped({}), {"empty"}
    yield "only-folders.zip", formats.zipped({"a/": b"", "a/b/": b""}), {"empty"}
    yield "many.zip", _many_members(), {"archive"}
    outside = ("../../etc/cron.d/evil.txt", "/etc/evil.txt", "C:\\Windows\\evil.txt", "a/../../evil.txt")
    for number, name in enumerate(outside):
        yield f"path-{number}.zip", formats.zipped({name: CHINESE.encode()}), {"path"}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, SECRET)
    yield "link.zip", target.getvalue(), {"link"}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.txt", CHINESE)
    yield "lzma.zip", target.getvalue(), {"unsupported"}
    damaged = bytearray(formats.zipped(one))
    damaged[60:70] = bytes(10)
    yield "bad-member.zip", bytes(damaged), {"damaged"}
    yield "noise-inside.zip", formats.zipped({"x.doc": random.Random(2).randbytes(3000)}), {"encoding", "binary"}


def _many_members() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(25_000):
            archive.writestr(f"{number}.txt", b"x")
    return target.getvalue()


def pdf_of(*objects: str) -> bytes:
    """A PDF of these objects, the first of them the catalogue."""
    body = b"%PDF-1.4\n"
    places = []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj {text} endobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    trailer = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer <</Size {len(objects) + 1} /Root 1 0 R>>\nstartxref\n{len(body)}\n%%EOF"
    return body + trailer.encode()


def _pdfs():
    pages = "<</Type/Pages /Kids[2 0 R] /Count 1>>"
    yield "cyclic.pdf", pdf_of("<</Type/Catalog /Pages 2 0 R>>", pages), {"empty", "damaged", "time", "crash"}
    yield "no-pages.pdf", pdf_of("<</Type/Catalog>>"), {"empty", "damaged"}
    kids = " ".join(f"{number} 0 R" for number in range(3, 10_003))
    page = "<</Type/Page /Parent 2 0 R /MediaBox[0 0 9 9]>>"
    yield (
        "ten-thousand-pages.pdf",
        pdf_of("<</Type/Catalog /Pages 2 0 R>>", f"<</Type/Pages /Kids[{kids}] /Count 10000>>", *[page] * 10_000),
        {"pages"},
    )
    yield (
        "deep.pdf",
        pdf_of("<</Type/Catalog /Pages " + "[" * 200_000 + "]" * 200_000 + ">>"),
        {"empty", "damaged", "crash"},
    )
    yield "header-only.pdf", b"%PDF-1.7\n1 0 obj\n%%EOF", {"damaged", "empty"}
    yield "noise-inside.pdf", b"%PDF-1.4 obj " + random.Random(3).randbytes(4000) + b"%%EOF", {"damaged", "empty"}
    packer = zlib.compressobj()
    packed = b"".join(packer.compress(b" " * MEGABYTE) for _ in range(600)) + packer.flush()
    stream = f"<</Length {len(packed)} /Filter/FlateDecode>>stream\n{packed.decode('latin-1')}\nendstream"
    page = "<</Type/Page /Parent 2 0 R /MediaBox[0 0 9 9] /Contents 4 0 R>>"
    yield (
        "stream-bomb.pdf",
        pdf_of("<</Type/Catalog /Pages 2 0 R>>", "<</Type/Pages /Kids[3 0 R] /Count 1>>", page, stream),
        {"crash", "memory", "empty", "time"},
    )
    target = io.BytesIO()
    canvas = Canvas(target)
    canvas.rect(50, 50, 400, 600, fill=1)
    canvas.save()
    yield "scan.pdf", target.getvalue(), {"empty"}


def _pages():
    yield "no-text.html", b"<html><body><img src='scan.png'><script>var n = 1200;</script></body></html>", {"empty"}
    deep = "<div>" * 1_000_000 + "清运垃圾3吨。" + "</div>" * 1_000_000
    yield "deep.html", f"<html><body>{deep}</body></html>".encode(), {"depth"}
    yield (
        "drawing.svg",
        f'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file://{SECRET}">]><svg>&x;</svg>'.encode(),
        {"unsupported"},
    )
    yield (
        "laughs.xml",
        f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "x">{LAUGHS}]><d>&l11;</d>'.encode(),
        {"unsupported"},
    )
    yield (
        "no-page.mht",
        b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: image/gif\n\nGIF\n--b--\n",
        {"damaged"},
    )
    yield "other-boundary.mht", formats.as_mht().replace(b"boundary=", b"boundary=not-", 1), {"damaged"}


def _workbooks():
    book = formats.as_xlsx()
    sheet = "xl/worksheets/sheet1.xml"
    yield "no-sheet.xlsx", repacked(book, {sheet: None}), {"damaged"}
    yield "no-relations.xlsx", repacked(book, {"xl/_rels/workbook.xml.rels": None}), {"damaged"}
    yield "no-workbook.xlsx", repacked(book, {"xl/workbook.xml": None}), {"damaged"}
    yield "no-markup.xlsx", repacked(book, {sheet: b"<worksheet"}), {"damaged"}
    rows = '<row r="1"><c r="A1" t="s"><v>4000000</v></c></row>'
    yield "bad-string.xlsx", repacked(book, {sheet: sheet_xml(rows)}), {"damaged"}
    merged = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    text = '<row r="1"><c r="A1" t="inlineStr"><is><t>三吨</t></is></c></row>'
    yield "merged.xlsx", repacked(book, {sheet: sheet_xml(text, merged)}), {"table"}
    yield "bomb.xlsx", repacked(book, {sheet: 100 * MEGABYTE}), {"bomb"}
    laughs = f'<!DOCTYPE d [<!ENTITY l0 "哈哈">{LAUGHS}]>'
    yield (
        "laughs.xlsx",
        repacked(book, {sheet: sheet_xml("<row><c><v>&l11;</v></c></row>", declaration=laughs)}),
        {"entities"},
    )
    entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{SECRET}">]>'
    yield (
        "outside.xlsx",
        repacked(book, {sheet: sheet_xml('<row><c t="str"><v>&x;</v></c></row>', declaration=entity)}),
        {"entities"},
    )


def sheet_xml(rows: str, after: str = "", declaration: str = "") -> bytes:
    namespace = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return f'<?xml version="1.0"?>{declaration}<worksheet {namespace}><sheetData>{rows}</sheetData>{after}</worksheet>'.encode()


def _ole():
    signature = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    yield "noise.doc", signature + random.Random(4).randbytes(20_000), {"damaged", "unsupported"}
    yield "header-only.doc", signature + bytes(504), {"damaged", "unsupported"}
    yield "noise-inside.xls", _compound(random.Random(5).randbytes(6000)), {"damaged", "unsupported"}
    workbook = _compound(b"")
    yield (
        "no-stream.doc",
        workbook.replace("Workbook".encode("utf-16-le"), "Qorkbook".encode("utf-16-le")),
        {"unsupported"},
    )
    yield (
        "empty-stream.doc",
        workbook.replace("Workbook".encode("utf-16-le"), "WordDocu".encode("utf-16-le")),
        {"unsupported", "damaged"},
    )


def _foreign():
    yield "photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(500), {"unsupported"}
    yield "scan.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(500), {"unsupported"}
    yield "report.docx.rar", b"Rar!\x1a\x07\x01\0" + bytes(500), {"unsupported"}
    yield "report.7z", b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(500), {"unsupported"}
    yield "report.tar.gz", b"\x1f\x8b\x08\0\0\0\0\0" + bytes(500), {"unsupported"}
    yield "report.exe", b"MZ" + bytes(62) + b"PE\0\0" + bytes(500), {"unsupported"}
    yield "report.txt.so", b"\x7fELF\x02\x01\x01" + bytes(500), {"unsupported"}
    yield "meeting.mp4", b"\0\0\0\x18ftypmp42" + bytes(500), {"unsupported"}
    yield "data.sqlite", b"SQLite format 3\0" + bytes(500), {"unsupported"}


def odd_files() -> Iterator[tuple[str, bytes, str]]:
    """Name, content and a stretch of the text, of files that are odd but can be read."""
    yield "one-line.txt", "清运垃圾3吨，".encode() * 200_000, "清运垃圾3吨，清运垃圾3吨"
    yield "end-mark.txt", "清运垃圾3吨。\r\n\x1a".encode(), "清运垃圾3吨。"
    far = '<row r="1"><c r="A1"><v>3</v></c></row><row r="1048576"><c r="XFD1048576"><v>1200</v></c></row>'
    yield "far-cell.xlsx", repacked(formats.as_xlsx(), {"xl/worksheets/sheet1.xml": sheet_xml(far)}), "1200"
    yield "macros.docm", repacked(formats.as_docx(), {"word/vbaProject.bin": b"Sub AutoOpen()"}), "清理垃圾3.2万吨"
    yield "junk-before.pdf", b"HTTP/1.1 200 OK\r\n\r\n" + formats.as_pdf(), "清理垃圾3.2万吨"
    page = "<html><body>{}</body></html>"
    yield "unclosed.html", page.format("<p>清运垃圾3吨。<b><font>" * 300).encode(), "清运垃圾3吨。\n" * 299
    yield (
        "wide-span.html",
        page.format(
            '<table><tr><td colspan="999999999" rowspan="999999999">清运垃圾</td><td>3吨</td></tr><tr><td>4吨</td></tr></table>'
        ).encode(),
        "3吨",
    )
    yield "chinese-names.zip", _zip_with_gbk_name(), "清运垃圾3吨。"


def _zip_with_gbk_name() -> bytes:
    """A zip file as Windows packs it in China: names in GBK, folders parted by the wrong slash."""
    name, stand_in = "工作总结\\清洁行动.txt".encode("gbk"), b"n" * len("工作总结\\清洁行动.txt".encode("gbk"))
    return formats.zipped({stand_in.decode(): "清运垃圾3吨。".encode()}).replace(stand_in, name)
