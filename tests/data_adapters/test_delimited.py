"""From bytes to rows: encodings, limits, and broken files that are refused with their line."""

import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.errors import InputError
from di_data.delimited import read_rows, read_text
from tests.data_adapters.files import write

NAMES = "id,name\n1, Ünïcode & Söhne \n"


def rows(text: str, **settings):
    return read_rows(text, "f.csv", **settings)[1]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
    ],
)
def test_a_mark_decides_the_encoding_and_names_are_kept_exactly(tmp_path, encoding, mark):
    text = read_text(write(tmp_path, mark + NAMES.encode(encoding)))
    assert rows(text)[0].cells == {"id": "1", "name": " Ünïcode & Söhne "}


def test_text_that_is_not_utf8_is_refused_with_its_line_and_read_when_stated(tmp_path):
    path = write(tmp_path, NAMES.encode("latin-1"))
    with pytest.raises(InputError, match=r"lots\.csv, line 2: byte 0xdc is not UTF-8\. Hint: Save the file as UTF-8"):
        read_text(path)
    assert "Ünïcode" in read_text(path, encoding="latin-1")
    with pytest.raises(InputError, match="'klingon' is not an encoding"):
        read_text(path, encoding="klingon")


def test_utf16_without_its_mark_and_nul_bytes_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"line 1: there is a NUL byte"):
        read_text(write(tmp_path, "a,b\n".encode("utf-16-le")))
    with pytest.raises(InputError, match=r"line 3: there is a NUL byte"):
        read_text(write(tmp_path, "a,b\n1,2\n3,\0\n"))


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"\x80\x04\x95", "a binary file that only Python could run"),
        (b"PAR1", "a Parquet file"),
    ],
)
def test_files_of_another_kind_are_named_and_never_opened(tmp_path, start, words):
    with pytest.raises(InputError, match=f"is {words}, not delimited text"):
        read_text(write(tmp_path, start + b"x" * 20))


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    with pytest.raises(InputError, match=r"lots\.csv has 1,001 bytes, and the limit is 1,000"):
        read_text(write(tmp_path, "x" * 1001), max_bytes=1000)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.csv cannot be read: there is no such file"):
        read_text(tmp_path / "nothing.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_text(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "f.csv is empty."),
        ("\n\n", "f.csv is empty."),
        (
            'a,b\n1,2\n"3,4\n',
            "f.csv, line 3: unexpected end of data; nothing was imported. Hint: A quote is not",
        ),
        ('a,b\n1,"2"x\n', "f.csv, line 2: ',' expected after '\"'"),
        ("a,b\n1,2,3\n", "f.csv, line 2: 3 cells, more than the 2 of the header; nothing was imported."),
        ("a,b\n1,2\n3", "f.csv, line 3: 1 cells, fewer than the 2 of the header; nothing was imported. Hint: The file"),
        ('a,b\n"' + "x\n" * 30 + '",2\n', "f.csv, line 2: the row runs on to line 32"),
        (
            "a;b\n1;2\n",
            "the header is one cell, 'a;b'. Hint: It looks separated by ';': state the delimiter (--delimiter ';').",
        ),
        (
            "a\tb\n1\t2\n",
            "the header is one cell, 'a\\tb'. Hint: It looks separated by tabs: state the delimiter (--delimiter tab).",
        ),
        ("a,b\n1," + "9" * 200_000 + "\n", "f.csv, line 2: field larger than field limit"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text, words):
    with pytest.raises(InputError) as caught:
        rows(text)
    assert words in str(caught.value)


def test_a_stated_delimiter_that_the_file_does_not_have_is_refused_with_the_one_it_has():
    with pytest.raises(InputError, match=r"separated by ',', and ';' was stated; state none, or another one for this"):
        read_rows("a,b\n1,2\n", "f.csv", delimiter=";")


@pytest.mark.parametrize("sign", ["", ",,", '"', "\n"])
def test_a_delimiter_that_cannot_stand_between_cells_is_refused(sign):
    with pytest.raises(InputError, match="is not one sign that can stand between cells"):
        read_rows("a,b\n1,2\n", "f.csv", delimiter=sign)


def test_too_many_rows_are_refused():
    assert len(rows("a\n1\n2\n", max_rows=2)) == 2
    with pytest.raises(InputError, match=r"f\.csv has more than 2 rows"):
        rows("a\n1\n2\n3\n", max_rows=2)


def test_lines_are_counted_as_an_editor_counts_them():
    text = 'a,name\n\n1,"two\nlines"\n,\n2,x\n'
    assert [(r.label, r["a"]) for r in rows(text)] == [("line 3", "1"), ("line 6", "2")]


def test_headers_are_taken_in_any_case_and_cells_without_blanks_around():
    header, (row,) = read_rows(" Security_ID , SHARES\n A , 1 \n", "f.csv")
    assert header == ["security_id", "shares"]
    assert row.cells == {"security_id": "A", "shares": "1"}


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_a_typed_error(tmp_path_factory, raw):
    path = write(tmp_path_factory.getbasetemp(), raw, "any.csv")
    with contextlib.suppress(InputError):
        header, found = read_rows(read_text(path), path.name)
        assert all(len(r.cells) <= len(header) for r in found)
