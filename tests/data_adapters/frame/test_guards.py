"""Guards refuse what is not of the expected kind, and leave alone what is."""

import io
import json
import zipfile
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.errors import SourceContentError
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import (
    json_document,
    refuse_fewer_rows,
    refuse_old,
    refuse_other_columns,
    refuse_other_content,
    refuse_weights,
    text_of,
)


def received(expects: Content = Content.JSON) -> Received:
    request = Request("https://api.example.com/x", expects, (("symbol", "A"),))
    return Received(request, request.address, "0" * 64, datetime(2026, 11, 2, tzinfo=UTC), "Example", "none")


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a.csv", "a,b\n1,2\n" * 50)
    return out.getvalue()


GOOD = {
    Content.JSON: [b'{"a": 1}', b"[]", b'\xef\xbb\xbf{"data": [1], "error": null}', b'{"error": "", "rows": [1]}'],
    Content.JSON_LINES: [b'{"a": 1}\n{"a": 2}\n', b'{"a": 1}\n\n'],
    Content.CSV: [b"a,b\n1,2\n", b"\xef\xbb\xbfFund Holdings as of,x\n", b'"<b>",1\n'],
    Content.HTML: [b"<!DOCTYPE html><html><body>x</body></html>\n", b"<html></html><!-- built -->"],
    Content.XML: [b"<?xml version='1.0'?><r/>", b"\xef\xbb\xbf<FlexQueryResponse></FlexQueryResponse>\n"],
    Content.XLSX: [zipped()],
    Content.ZIP: [zipped()],
    Content.PARQUET: [b"PAR1 something PAR1"],
}
WRONG = [
    (Content.JSON, b"", "is empty"),
    (Content.JSON, b"\xef\xbb\xbf \r\n", "is empty"),
    (Content.JSON, b"<!doctype HTML><html><title> Log  in </title>", "a web page came instead of json: 'Log  in'"),
    (Content.CSV, b"\n\n<html><head></head>", "a web page came"),
    (Content.CSV, b"<!-- x --><!DOCTYPE html>", "a web page came"),
    (Content.XLSX, b"\xef\xbb\xbf<html>", "a web page came"),
    (Content.XML, b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html xmlns="y">', "a web page came"),
    (Content.ZIP, b"<script>location='/login'</script>", "a web page came"),
    (Content.JSON, b'{"a": [1, 2', "cut off"),
    (Content.JSON, b'{"a": "tex', "cut off"),
    (Content.JSON, b"Not found", "no JSON"),
    (Content.JSON, b'{"a": NaN}', "NaN is no JSON"),
    (Content.JSON, b'{"Error Message": "Limit Reach"}', "Limit Reach"),
    (Content.JSON, b'{"Note": "5 calls a minute", "x": 1, "y": 2, "z": 3}', "Note"),
    (Content.JSON, b'{"Information": "25 a day"}', "Information"),
    (Content.JSON, b'{"error": {"code": 1}}', "error"),
    (Content.JSON_LINES, b'{"a": 1}\n{"a": ', "cut off"),
    (Content.JSON_LINES, b'{"error": "x"}\n', "error"),
    (Content.CSV, b'{"Error Message": "no plan"}', "no plan"),
    (Content.CSV, b'[{"a": 1}]', "JSON came instead of a table"),
    (Content.CSV, b"a,b\n\x00\x01", "not text"),
    (Content.HTML, b"<html><body>half", "cut off"),
    (Content.XML, b"<r><a", "cut off"),
    (Content.XML, b'{"a": 1}', "not XML"),
    (Content.XLSX, b"a,b\n1,2\n", "is no xlsx"),
    (Content.XLSX, zipped()[:-30], "cut off"),
    (Content.ZIP, zipped()[: len(zipped()) // 2], "cut off"),
    (Content.PARQUET, b"PAR1 half", "cut off"),
]


@pytest.mark.parametrize("content", list(GOOD), ids=lambda c: c.value)
def test_what_is_of_the_expected_kind_passes(content):
    for body in GOOD[content]:
        refuse_other_content(body, received(content))


@pytest.mark.parametrize(("content", "body", "words"), WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_what_is_of_another_kind_is_refused_with_what_was_seen(content, body, words):
    with pytest.raises(SourceContentError) as caught:
        refuse_other_content(body, received(content))
    assert words in caught.value.what
    assert "https://api.example.com/x?symbol=A" in caught.value.what
    assert caught.value.hint


@given(st.binary(max_size=200), st.sampled_from(list(Content)))
def test_a_guard_either_passes_a_body_or_refuses_it_with_a_typed_error(body, content):
    try:
        refuse_other_content(body, received(content))
    except SourceContentError:
        return
    assert body.strip()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_every_json_document_is_read_as_it_is_with_a_mark_or_without(document):
    body = json.dumps(document).encode()
    assert json_document(body, received()) == document == json_document(b"\xef\xbb\xbf" + body, received())


def test_json_that_is_too_deep_is_refused_and_does_not_fall_over():
    with pytest.raises(SourceContentError):
        json_document(b"[" * 100_000, received())


def test_a_text_that_is_not_utf_8_is_refused_with_the_place():
    assert text_of("\ufeffkäse".encode(), received()) == "käse"
    with pytest.raises(SourceContentError, match="byte 1"):
        text_of(b"k\xe4se", received())


def test_a_renamed_column_is_said_with_what_is_missing_and_what_stands_there():
    with pytest.raises(SourceContentError) as caught:
        refuse_other_columns(
            ["Ticker", "Quantity", "Price"], ["Ticker", "Shares"], received(), known=["Price"], where="IVV"
        )
    assert "IVV: documented but missing: 'Shares'; unknown: 'Quantity'" in caught.value.what
    assert (caught.value.facts["missing"], caught.value.facts["unknown"]) == (["Shares"], ["Quantity"])
    refuse_other_columns(["b", "a"], ["a"], received())


@given(st.integers(5, 10_000), st.integers(0, 20_000))
def test_over_a_fifth_fewer_rows_are_refused_and_no_others(last, rows):
    if rows < 0.8 * last:
        with pytest.raises(SourceContentError, match="accept_fewer=True"):
            refuse_fewer_rows(rows, last, received())
    else:
        refuse_fewer_rows(rows, last, received())


def test_a_first_answer_and_a_handful_of_rows_are_not_compared():
    refuse_fewer_rows(0, None, received())
    refuse_fewer_rows(1, 4, received())


@pytest.mark.parametrize(
    ("total", "good"), [(0.9994, True), (0.98, False), (100.0, False), (0.0101, False), (1.005, True)]
)
def test_weights_sum_to_about_one(total, good):
    if good:
        refuse_weights(total, received())
    else:
        with pytest.raises(SourceContentError, match="percent"):
            refuse_weights(total, received())


def test_an_old_sheet_and_one_of_tomorrow_are_refused():
    today = date(2026, 11, 2)
    refuse_old(date(2026, 10, 28), today, received(), most_days=5)
    with pytest.raises(SourceContentError, match="6 days old"):
        refuse_old(date(2026, 10, 27), today, received(), most_days=5)
    with pytest.raises(SourceContentError, match="1 days in the future"):
        refuse_old(date(2026, 11, 3), today, received(), most_days=5)
