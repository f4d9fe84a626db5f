"""Nothing that arrives stops a run: hostile and broken files are refused by name and cause, good ones beside them load."""

import os
import re
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import formats
import hostile
import olefile
import polars as pl
import psutil
import pytest
from formats import files
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.documents import QUARANTINE, read
from transforms.readers import Limits, UnreadableError
from transforms.readers.archives import unfold
from transforms.readers.read import read_bytes

ROOT = Path(__file__).resolve().parents[1]
# Starts to read and is gone without a word.
ABANDON = """
import os
from transforms.readers import Limits
from transforms.readers.process import Reader
reader = Reader(Limits())
reader.read("清运3吨。".encode(), "txt")
print(reader._child.pid, flush=True)
os._exit(0)
"""
GOOD = {"好文件.txt": formats.as_text().encode(), "好文件.docx": formats.as_docx(), "好文件.pdf": formats.as_pdf()}
# Reads a folder in a process of its own, so that its memory can be told: the peak that Linux reports of a process by
# itself (VmHWM), as ru_maxrss counts what the process that started it had, too.
RUN = """
import re, resource, sys
from pathlib import Path
import formats
from transforms.documents import read
found = read(formats.files({path.name: path.read_bytes() for path in Path(sys.argv[1]).iterdir()}))
found.documents.write_parquet(sys.argv[2] + "/documents.parquet")
found.failures.write_parquet(sys.argv[2] + "/failures.parquet")
own = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
print(int(own) + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.fixture(scope="module")
def made():
    return list(hostile.all_files())


@pytest.fixture(scope="module")
def causes(made):
    return {name: causes for name, _, causes in made}


@pytest.fixture(scope="module")
def run(made, tmp_path_factory):
    """Documents, failures and the memory in megabytes of a run over all hostile files and some good ones."""
    inbox, results = tmp_path_factory.mktemp("inbox"), tmp_path_factory.mktemp("results")
    for name, content in [*GOOD.items(), *((name, content) for name, content, _ in made)]:
        (inbox / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", RUN, inbox, results],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
        capture_output=True,
        check=True,
        timeout=300,
    )
    documents, failures = (pl.read_parquet(results / f"{name}.parquet") for name in ("documents", "failures"))
    return documents, failures, int(done.stdout) / 1024


def test_there_are_at_least_sixty_hostile_files(causes):
    assert len(causes) >= 60


def test_every_hostile_file_is_refused_once_for_a_cause_that_fits(run, causes):
    _, failures, _ = run
    found = {
        item.partition("!")[0]: name.removeprefix("documents.")
        for item, name in failures.select("item", "expectation").iter_rows()
    }
    assert {name: cause for name, cause in found.items() if cause not in causes.get(name, ())} == {}
    assert set(found) == set(causes)
    assert len(failures) == len(causes)


def test_every_refusal_names_the_file_and_says_what_to_do(run):
    _, failures, _ = run
    for item, reason in failures.select("item", "reason").iter_rows():
        assert reason.startswith(f"{item} ")
        assert re.search(r"; \w+ \w+", reason), reason


def test_good_files_beside_hostile_ones_load(run):
    documents, _, _ = run
    assert sorted(documents["file_name"]) == sorted(GOOD)
    assert documents["text"].str.contains("清理垃圾3.2万吨", literal=True).all()


def test_the_run_stays_under_a_gigabyte(run):
    assert run[2] < 1024


def test_a_refusal_has_the_columns_of_the_quarantine(run):
    _, failures, _ = run
    assert failures.schema == QUARANTINE.frame_schema
    assert failures["quarantine_id"].is_unique().all()
    assert set(failures["kind"]) == {"file"}
    assert set(failures["state"]) == {"open"}


def test_a_refusal_keeps_its_identifier_when_the_file_arrives_again():
    noise = {"a.docx": b"PK\3\4 no zip", "b.docx": b"PK\3\4 no zip"}
    first, second = (read(files(contents)).failures for contents in (noise, dict(reversed(noise.items()))))
    assert sorted(first["quarantine_id"]) == sorted(second["quarantine_id"])
    assert len(first) == 2


@pytest.mark.parametrize(
    ("name", "content", "stretch"), list(hostile.odd_files()), ids=[name for name, *_ in hostile.odd_files()]
)
def test_an_odd_file_is_read(name, content, stretch):
    found = read(files({name: content}))
    assert found.failures["reason"].to_list() == []
    assert stretch in found.documents["text"][0]


def test_a_member_of_an_archive_is_named_with_its_path_in_its_own_writing():
    [content] = [content for name, content, _ in hostile.odd_files() if name == "chinese-names.zip"]
    assert read(files({"汇总.zip": content})).documents["file_name"].to_list() == ["汇总.zip!工作总结/清洁行动.txt"]


def test_one_bad_member_does_not_lose_the_others():
    inner = formats.zipped({"内.txt": "清运垃圾3吨。".encode(), "坏.docx": b"PK\3\4", "~$内.docx": b"\1" * 162})
    found = read(
        files(
            {"外.zip": formats.zipped({"内.zip": inner, "坏.pdf": b"%PDF-1.4 1 0 obj", "好.txt": "清运4吨。".encode()})}
        )
    )
    assert sorted(found.documents["file_name"]) == ["外.zip!内.zip!内.txt", "外.zip!好.txt"]
    assert sorted(found.failures["item"]) == ["外.zip!内.zip!坏.docx", "外.zip!坏.pdf"]


def test_an_archive_may_not_unfold_beyond_its_limits():
    archive = formats.zipped({f"{number}.txt": f"清运垃圾{number}吨。".encode() for number in range(20)})
    few = read(files({"a.zip": archive}), Limits(members=12))
    assert len(few.documents) == 12
    assert few.failures["expectation"].to_list() == ["documents.archive"]
    small = read(files({"a.zip": archive}), Limits(expanded_bytes=100))
    assert small.failures["expectation"].to_list() == ["documents.archive"]


def test_limits_of_size_apply_to_the_file_and_to_its_text():
    content = {"a.txt": "清运垃圾3吨。".encode() * 100}
    assert read(files(content), Limits(file_bytes=500)).failures["expectation"].to_list() == ["documents.size"]
    assert read(files(content), Limits(text_chars=500)).failures["expectation"].to_list() == ["documents.size"]


def test_a_file_that_takes_too_long_is_stopped_and_the_next_one_is_read():
    slow = ("甲,1\n" * 4_000_000).encode()
    found = read(files({"慢.csv": slow, "好.txt": "清运垃圾3吨。".encode()}), Limits(seconds=0.3))
    assert found.failures.select("item", "expectation").rows() == [("慢.csv", "documents.time")]
    assert found.documents["file_name"].to_list() == ["好.txt"]


def test_a_file_that_needs_too_much_memory_is_stopped_and_the_next_one_is_read():
    large = ("甲,1\n" * 4_000_000).encode()
    found = read(files({"大.csv": large, "好.txt": "清运垃圾3吨。".encode()}), Limits(memory=100 * 2**20))
    assert found.failures["item"].to_list() == ["大.csv"]
    assert found.failures["expectation"].item() in {"documents.memory", "documents.crash"}
    assert found.documents["file_name"].to_list() == ["好.txt"]


def test_files_are_read_at_the_same_time_from_several_threads():
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: read(files(GOOD)), range(4)))
    assert all(reading.documents.equals(found[0].documents) for reading in found)
    assert len(found[0].documents) == len(GOOD)


def test_no_process_is_left_behind():
    before = set(psutil.Process().children())
    read(files({**GOOD, "坏.docx": b"PK\3\4"}))
    assert set(psutil.Process().children()) <= before


def test_the_reading_process_ends_with_the_one_that_started_it():
    started = subprocess.run([sys.executable, "-c", ABANDON], cwd=ROOT, capture_output=True, check=True, timeout=60)
    orphan = int(started.stdout)
    if psutil.pid_exists(orphan):
        psutil.Process(orphan).wait(10)


def changed(contents):
    """Files made of `contents` with a few bytes changed at any places."""
    patches = st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6
    )
    return st.builds(_patched, st.sampled_from(contents), patches)


def _patched(content, patches):
    result = bytearray(content)
    for place, patch in patches:
        start = int(place * len(content))
        result[start : start + len(patch)] = patch
    return bytes(result)


WHOLE = [
    formats.as_docx(),
    formats.as_xlsx(),
    formats.as_pdf(),
    formats.as_mht(),
    hostile.as_xls(),
    formats.zipped(GOOD),
]


@settings(max_examples=10, deadline=None)
@given(st.lists(changed(WHOLE), min_size=5, max_size=20, unique=True))
def test_a_file_with_any_bytes_changed_is_read_or_refused(contents):
    found = read(files({f"{number}.bin": content for number, content in enumerate(contents)}), Limits(seconds=20))
    items = pl.concat([found.documents["file_name"], found.failures["item"]]).str.extract(r"^(\d+)")
    assert set(items) == {str(number) for number in range(len(contents))}
    assert "documents.time" not in found.failures["expectation"]


@pytest.mark.parametrize("byte", [0, 1, 0xFF])
def test_an_archive_with_any_byte_changed_unfolds_into_what_is_left_or_why_it_cannot(byte):
    content = formats.zipped({"好文件.txt": "清运垃圾3吨。".encode(), "表.csv": "甲,1\n".encode()})
    for place in range(4, len(content)):
        broken = content[:place] + bytes([byte]) + content[place + 1 :]
        assert any(member.content or member.error for member in unfold("a.zip", broken, Limits()))


@pytest.fixture(scope="module")
def word97(tmp_path_factory):
    return formats.converted(tmp_path_factory.mktemp("office"), [("word97.docx", formats.as_docx(), "doc")])[
        "word97.doc"
    ]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_word_97_document_cut_short_is_refused(word97, share):
    found = read(files({"a.doc": word97[: int(share * len(word97))]}))
    assert found.documents.is_empty()
    assert found.failures["expectation"].item() in {"documents.damaged", "documents.unsupported"}


def test_a_word_97_document_with_a_password_is_refused(word97):
    place = word97.index(b"\xec\xa5") + 0x0B
    locked = word97[:place] + bytes([word97[place] | 0x01]) + word97[place + 1 :]
    with pytest.raises(UnreadableError, match="password"):
        read_bytes(locked, "doc", Limits())


def test_a_list_of_any_length_among_the_properties_is_passed_over(word97):
    with olefile.OleFileIO(word97) as ole:
        properties = ole.openstream("\x05SummaryInformation").read()
    section = struct.unpack_from("<I", properties, 44)[0]
    place = section + struct.unpack_from("<I", properties, section + 12)[0]
    vector = struct.pack("<II", olefile.olefile.VT_VECTOR | 0xFF, 0xFFFFFFFF)
    start = word97.index(properties[:64]) + place
    found = read(files({"a.doc": word97[:start] + vector + word97[start + 8 :]}), Limits(seconds=10))
    assert found.failures.is_empty() and found.documents["text"].item()


def test_a_word_97_document_with_any_bytes_changed_is_read_or_refused(word97):
    @settings(max_examples=8, deadline=None)
    @given(st.lists(changed([word97]), min_size=5, max_size=20, unique=True))
    def check(contents):
        found = read(files({f"{number}.doc": content for number, content in enumerate(contents)}), Limits(seconds=20))
        assert len(found.documents) + len(found.failures) == len(contents)
        assert "documents.time" not in found.failures["expectation"]

    check()
