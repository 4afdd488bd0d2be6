"""The conformance kit passes a good adapter, and says of each wrong one what is wrong with it."""
# ruff: noqa: ARG002  (wrong adapters ignore what they are given)

import csv
import dataclasses
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.price_bars import PriceBar
from di_advisor.errors import PluginError
from di_data.conformance import Sample, check_adapter, findings
from di_data.conformance.spoiled import Blank, Gone, Rename, Scale, spoiled
from di_data.frame.adapter import Adapter
from di_data.frame.exchange import Content, Request
from di_data.frame.guards import content_error, refuse_other_columns, refuse_weights, text_of
from tests.data_adapters.frame.example import GOOD, QUERY, taught

Example = taught().ExamplePrices
SAMPLE = Sample(QUERY, GOOD, required=("date", "close"))


def test_the_adapter_of_the_readme_keeps_its_contract():
    assert findings(Example(), SAMPLE) == ()
    check_adapter(Example(), SAMPLE)


def test_an_adapter_without_a_sample_is_not_called_good():
    assert findings(Example()) == ("no sample was given, so nothing is known of it",)


class Clocked(Example):
    def parse(self, body, received):
        bars = super().parse(body, received)
        return [replace(bar, provenance=replace(bar.provenance, fetched_at=datetime.now(UTC))) for bar in bars]  # noqa: TID251


class WithKeyInAddress(Example):
    def plan(self, query):
        return [replace(each, parameters=(*each.parameters, ("apikey", "abc"))) for each in super().plan(query)]


class WithKeyInHeader(Example):
    def plan(self, query):
        return [replace(each, headers={"X-Example-Key": "abc"}) for each in super().plan(query)]


class Elsewhere(Example):
    def plan(self, query):
        return [replace(each, url="https://mirror.example.net/prices") for each in super().plan(query)]


class PlainText(Example):
    def plan(self, query):
        return [replace(each, url=each.url.replace("https", "http")) for each in super().plan(query)]


class CountingPlan(Example):
    asked = 0

    def plan(self, query):
        CountingPlan.asked += 1
        return [replace(each, label=f"{self.asked}") for each in super().plan(query)]


class RememberingParse(Example):
    def __init__(self):
        self.seen = []

    def parse(self, body, received):
        self.seen += super().parse(body, received)
        return list(self.seen)


class ZeroForMissing(Example):
    def parse(self, body, received):
        rows = json.loads(body.decode("utf-8-sig"))
        if not isinstance(rows, list):
            raise content_error(received, "a list was expected")
        for row in rows:
            refuse_other_columns(list(row), ("date", "close"), received)
        who = Identifier(IdentifierScheme.TICKER, received.context["symbol"])
        days = [date.fromisoformat(row["date"]) if row["date"] else date(2024, 1, 1) for row in rows]
        closes = [float(row["close"] or 0) for row in rows]
        return [PriceBar(who, day, close, received.provenance) for day, close in zip(days, closes, strict=True)]


class Lenient(Example):
    """Takes what it finds and leaves out the rest."""

    def parse(self, body, received):
        rows = json.loads(body.decode("utf-8-sig"))
        rows = rows if isinstance(rows, list) else []
        who = Identifier(IdentifierScheme.TICKER, "A")
        where = received.provenance
        return [
            PriceBar(who, date.fromisoformat(r.get("date", "2024-01-01")), r.get("close", 1.0), where) for r in rows
        ]


class Vague(Example):
    def parse(self, body, received):
        try:
            return super().parse(body, received)
        except Exception as e:
            raise content_error(received, "something is wrong.") from e


class WithoutProvenance(Example):
    def parse(self, body, received):
        return [dataclasses.astuple(bar)[:3] for bar in super().parse(body, received)]


class OtherProvenance(Example):
    def parse(self, body, received):
        return [
            replace(b, provenance=replace(b.provenance, raw_sha256="0" * 64)) for b in super().parse(body, received)
        ]


class NotANumber(Example):
    def parse(self, body, received):
        return [replace(bar, volume_shares=float("nan")) for bar in super().parse(body, received)]


class StumblesOverMark(Example):
    def parse(self, body, received):
        json.loads(body.decode())
        return super().parse(body, received)


class Endless(Example):
    def following(self, body, received):
        return [received.request]


class Fetching(Example):
    def parse(self, body, received):
        import socket

        socket.create_connection(("127.0.0.1", 9))
        return super().parse(body, received)


class Nothing(Example):
    def parse(self, body, received):
        return ()


def with_facts(**changes):
    return type("Changed", (Example,), {"facts": replace(Example.facts, **changes)})


WRONG = {
    "reads the clock": (Clocked, "now()"),
    "is not the same twice": (RememberingParse, "parse is not pure"),
    "puts a key into the address": (WithKeyInAddress, "looks like a key (apikey)"),
    "puts a key into a header": (WithKeyInHeader, "looks like a key (X-Example-Key)"),
    "calls another host": (Elsewhere, "mirror.example.net is not one of"),
    "calls without encryption": (PlainText, "only https is called"),
    "plans differently each time": (CountingPlan, "plan is not pure"),
    "says 0 for what is missing": (ZeroForMissing, "close_usd becomes 0"),
    "accepts a renamed column": (Lenient, "in which close is renamed is not refused"),
    "accepts a missing column": (Lenient, "in which date is missing is not refused"),
    "accepts an unknown error": (Lenient, '{"message": "Forbidden"} is not refused'),
    "accepts an empty object": (Lenient, "an empty JSON object is not refused"),
    "does not say which column": (Vague, "the error does not name it"),
    "says not where from": (WithoutProvenance, "does not carry the provenance"),
    "says another body": (OtherProvenance, "does not carry the provenance"),
    "gives what is no number": (NotANumber, "holds nan in volume_shares"),
    "stumbles over a mark": (StumblesOverMark, "byte order mark"),
    "pages without end": (Endless, "the same request follows again"),
    "opens a socket": (Fetching, "opens a socket"),
    "gives no records": (Nothing, "gives no record"),
    "has no hosts": (with_facts(hosts=()), "list no hosts"),
    "has an address for a host": (with_facts(hosts=("api.example.com", "127.0.0.1")), "no name of a host"),
    "says no licence": (with_facts(licence=" "), "say nothing of licence"),
    "allows nothing": (with_facts(limits=(taught().RateLimit(0, timedelta(1)),)), "allows nothing"),
    "has a name with blanks": (with_facts(name="My Source"), "snake_case"),
}


@pytest.mark.parametrize("how", WRONG, ids=lambda how: how.replace(" ", "-"))
def test_a_wrong_adapter_is_found_out(how):
    kind, words = WRONG[how]
    found = findings(kind(), SAMPLE)
    assert any(words in each for each in found), found
    with pytest.raises(PluginError, match="does not keep its contract"):
        check_adapter(kind(), SAMPLE)


class Weights(Example):
    """Percent of a table, as fractions, with a page in front."""

    scale, guarded, html = 100.0, True, False

    def plan(self, query):
        return [Request("https://api.example.com/w", Content.HTML if self.html else Content.CSV)]

    def parse(self, body, received):
        rows = list(csv.DictReader(io.StringIO(text_of(body, received))))
        if not self.html:
            refuse_other_columns(list(rows[0]) if rows else [], ("ticker", "weight"), received)
        made = [Weight(r["ticker"], float(r["weight"]) / self.scale, received.provenance) for r in rows]
        if self.guarded:
            refuse_weights(sum(each.weight for each in made), received)
        return made


@dataclasses.dataclass(frozen=True)
class Weight:
    ticker: str
    weight: float
    provenance: object


TABLE = Sample(QUERY, b"ticker,weight\nA,60\nB,40\n", ("ticker", "weight"), fractions=("weight",))


def test_percent_that_are_taken_for_fractions_are_found_out():
    assert findings(Weights(), TABLE) == ()
    raw = type("Raw", (Weights,), {"scale": 1.0, "guarded": False})
    assert any("looks like percent" in each for each in findings(raw(), TABLE))
    unguarded = type("Unguarded", (Weights,), {"guarded": False})
    assert "a body in which weight is in percent is not refused" in findings(unguarded(), TABLE)


class Page(Adapter[Weight]):
    """Reads any page at all."""

    facts = replace(Example.facts, accepts=Content.HTML)

    def plan(self, query):
        return [Request("https://api.example.com/list", Content.HTML)]

    def parse(self, body, received):
        return [Weight(body.decode()[:5], 0.5, received.provenance)]


def test_a_reader_of_pages_that_reads_a_login_page_is_found_out():
    body = b"<html><body><table><tr><th>Company</th></tr><tr><td>A</td></tr></table></body></html>"
    found = findings(Page(), Sample(QUERY, body, ("Company",)))
    assert "a login page under status 200 is not refused" in found
    assert "a body in which Company is renamed is not refused" in found


def test_an_adapter_of_files_is_checked_on_a_file():
    facts = replace(Example.facts, hosts=(), key=None)
    reader = type("Reader", (Example,), {"facts": facts, "plan": lambda *_: pytest.fail("nothing is asked")})
    assert findings(reader(), replace(SAMPLE, file="aapl.json", context={"symbol": "AAPL"})) == ()


def test_a_value_that_may_be_empty_must_be_accepted_so():
    strict = Sample(QUERY, GOOD, ("date",), may_be_empty=("close",))
    assert any("is refused, and the sample says that it may be" in each for each in findings(Example(), strict))


def test_a_sample_that_names_what_is_not_there_is_said_so():
    assert any("does not stand in" in each for each in findings(Example(), replace(SAMPLE, required=("volume",))))


XML = b'<r><row a="1.5" b="x"/><row a="2" b="y"/><c>3</c></r>'


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Rename("z"), b'<r><row z="1.5" b="x"/><row z="2" b="y"/><c>3</c></r>'),
        (Gone(), b'<r><row b="x"/><row b="y"/><c>3</c></r>'),
        (Blank(), b'<r><row a="" b="x"/><row a="" b="y"/><c>3</c></r>'),
        (Scale(2), b'<r><row a="3.0" b="x"/><row a="4.0" b="y"/><c>3</c></r>'),
    ],
    ids=["rename", "gone", "blank", "scale"],
)
def test_attributes_of_xml_are_spoiled(edit, expected):
    assert spoiled(XML, Content.XML, "a", edit) == expected


def test_elements_of_xml_are_spoiled():
    assert b"<d>3</d>" in spoiled(XML, Content.XML, "c", Rename("d"))
    assert b"<c>" not in spoiled(XML, Content.XML, "c", Gone())


def test_tables_workbooks_and_zips_are_spoiled():
    import zipfile

    import openpyxl

    table = b"Fund,x\n\nTicker,Weight\nA,1\nB,2\n"
    assert spoiled(table, Content.CSV, "Weight", Rename("W")) == b"Fund,x\n\nTicker,W\nA,1\nB,2\n"
    assert spoiled(table, Content.CSV, "Weight", Gone()) == b"Fund,x\n\nTicker\nA\nB\n"
    assert spoiled(table, Content.CSV, "Weight", Blank()) == b"Fund,x\n\nTicker,Weight\nA,\nB,\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("t.csv", table)
    zipped = zipfile.ZipFile(io.BytesIO(spoiled(out.getvalue(), Content.ZIP, "Weight", Scale(2.0))))
    assert zipped.read("t.csv") == b"Fund,x\n\nTicker,Weight\nA,2.0\nB,4.0\n"
    book = openpyxl.Workbook()
    for row in (["As of"], [None], ["Ticker", "Weight"], ["A", 1.5]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    sheet = openpyxl.load_workbook(io.BytesIO(spoiled(out.getvalue(), Content.XLSX, "Weight", Scale(2.0)))).active
    assert (sheet["B3"].value, sheet["B4"].value) == ("Weight", 3.0)
    sheet = openpyxl.load_workbook(io.BytesIO(spoiled(out.getvalue(), Content.XLSX, "Weight", Gone()))).active
    assert (sheet["A3"].value, sheet["B3"].value) == ("Ticker", None)
    with pytest.raises(NotImplementedError, match="parquet"):
        spoiled(b"PAR1", Content.PARQUET, "x", Gone())
