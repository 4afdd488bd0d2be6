"""The published list of bad inputs on brokers' files: the same answer from every reader, in its own words."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from di_advisor.domain.lots import LotState
from di_advisor.errors import InputError, InputWarning
from di_data.brokers import FidelityPositions, FlexFiles, GenericLots, SchwabLots
from di_data.brokers.broker_files import BrokerFiles
from tests.data_adapters.brokers.flex_statements import position, statement
from tests.data_adapters.files import write

DAY = date(2026, 3, 30)


def flex(*lots: dict[str, str]) -> str:
    return statement(
        *(
            position(shares=lot["shares"], basis=lot["basis"], price="", opened=lot["acquired"], held="", lot="")
            for lot in lots
        )
    )


def generic(*lots: dict[str, str]) -> str:
    """A quantity and its whole cost as the adjustment of the lot, so that a total can be given."""
    rows = (f'A,ACME,{lot["acquired"]},"{lot["shares"]}",0,"{lot["basis"]}"' for lot in lots)
    return "\n".join(["account,symbol,acquired,quantity,cost_per_share,wash_adjustment", *rows])


def schwab(*lots: dict[str, str]) -> str:
    us = [f"{date.fromisoformat(lot['acquired']):%m/%d/%Y}" if lot["acquired"] else "--" for lot in lots]
    rows = [f'"{d}","{lot["shares"]}","--","{lot["basis"] or "--"}","",' for d, lot in zip(us, lots, strict=True)]
    try:
        total = str(sum(Decimal(lot["shares"]) for lot in lots))
    except ArithmeticError:
        total = "1"
    title = '"ACME Lot Details for XXXX-1 as of 08:03 AM ET, 03/30/2026"'
    header = '"Open Date","Quantity","Cost/Share","Cost Basis","Holding Period",'
    return "\n".join([title, header, *rows, f'"Total","{total}","--","--","--",'])


READERS: dict[str, tuple[BrokerFiles, Callable[..., str], str]] = {
    "flex": (FlexFiles(), flex, "flex.xml"),
    "schwab": (SchwabLots(), schwab, "Lot-Details-ACME.csv"),
    "generic": (GenericLots(), generic, "lots.csv"),
}


@pytest.fixture(params=READERS)
def reading(request, tmp_path):
    """Read lots of a broker; each is a plain one with some figures changed."""
    reader, render, name = READERS[request.param]

    def read(*changed: dict[str, str]):
        plain = {"shares": "10", "basis": "100", "acquired": "2024-03-05"}
        text = render(*({**plain, **each} for each in changed))
        return reader.statement(write(tmp_path, text, name), as_of=DAY).portfolio.lots

    return read


@pytest.fixture(scope="module")
def published(shared):
    return {each["id"]: each for each in json.loads((shared / "cases/bad_inputs.json").read_text(encoding="utf-8"))}


@pytest.mark.parametrize(
    ("number", "field"),
    [
        ("BI-001", "basis"),
        ("BI-003", "shares"),
        ("BI-004", "shares"),
        ("BI-005", "basis"),
        ("BI-009", "basis"),
        ("BI-011", "shares"),
    ],
)
def test_figures_that_are_none_are_refused_with_row_and_field(reading, published, number, field):
    with pytest.raises(InputError) as caught:
        reading({}, {field: str(published[number]["input"][field])})
    (error,) = [e for e in caught.value.errors if "Total" not in str(e)][:1]
    assert error.facts["row"].endswith(("2", "3", "4"))
    assert error.facts["field"]
    assert error.hint


def test_a_dollar_sign_and_separators_are_read(reading, published):
    (lot,) = reading({"basis": published["BI-008"]["input"]["basis"]})
    assert lot.basis_total_usd == Decimal("2351.96")


@pytest.mark.parametrize(("number", "shares"), [("BI-010", Decimal("0.1234567891")), ("BI-012", Decimal(1000))])
def test_shares_are_exact_however_they_are_written(reading, published, number, shares):
    (lot,) = reading({"shares": published[number]["input"]["shares"], "basis": "1"})
    assert lot.shares == shares


def test_equal_fills_without_ids_stay_two_and_their_order_does_not_matter(reading):  # BI-015, BI-016, BI-017
    one, two = {"acquired": "2024-03-05"}, {"acquired": "2025-03-05"}
    assert len(reading(one, one)) == 2
    assert reading(one, two, one) == reading(two, one, one) == reading(one, one, two)


def test_short_positions_are_refused(reading, published):
    with pytest.raises(InputError, match="-50 shares; a lot holds more than zero"):
        reading({"shares": published["BI-022"]["input"]["position"]})


def test_unknown_dates_are_a_state(reading):  # BI-023
    with pytest.warns(InputWarning, match="no acquisition date"):
        (lot,) = reading({"acquired": ""})
    assert (lot.state, lot.acquired) == (LotState.TERM_UNKNOWN, None)


def test_an_unknown_basis_is_a_state(tmp_path):  # BI-024
    texts = {"flex": flex({"shares": "1", "basis": "", "acquired": "2024-03-05"})}
    texts["schwab"] = schwab({"shares": "1", "basis": "", "acquired": "2024-03-05"})
    texts["generic"] = "account,symbol,acquired,quantity,cost_per_share\nA,ACME,2024-03-05,1,\n"
    for key, text in texts.items():
        reader, _, name = READERS[key]
        with pytest.warns(InputWarning, match="no basis for ACME"):
            (lot,) = reader.statement(write(tmp_path, text, name), as_of=DAY).portfolio.lots
        assert (lot.state, lot.basis_total_usd) == (LotState.BASIS_PENDING, None)


@pytest.mark.parametrize("reader", [FlexFiles, SchwabLots, FidelityPositions, GenericLots])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04" + bytes(60), "a ZIP archive or an Excel workbook"),
        (b"caf\xe9,x\n1,2\n", "is not UTF-8"),
        (b"a\0b", "NUL byte"),
        (b"x" * 2000, "has 2,000 bytes, and the limit is 1,000"),
    ],
    ids=["workbook", "latin-1", "binary", "huge"],
)
def test_files_of_another_kind_or_size_are_refused_by_every_reader(tmp_path, reader, content, words):  # BI-066, BI-067
    with pytest.raises(InputError, match=words):
        reader(max_bytes=1000).statement(write(tmp_path, content, "file.csv"), as_of=DAY)


@pytest.mark.parametrize("mark", ["utf-16", "utf-8-sig"])
def test_a_marked_encoding_is_read(tmp_path, mark):  # BI-067
    for key, (reader, render, name) in READERS.items():
        text = render({"shares": "1", "basis": "5", "acquired": "2024-03-05"})
        content = text.replace('encoding="UTF-8"', "") if key == "flex" else text
        lots = reader.statement(write(tmp_path, content.encode(mark), name), as_of=DAY).portfolio.lots
        assert [lot.security_id for lot in lots] == ["ACME"]


def test_a_file_that_is_not_there_is_one_message(tmp_path):
    for reader, _, name in READERS.values():
        with pytest.raises(InputError, match="cannot be read"):
            reader.statement(tmp_path / name, as_of=DAY)
