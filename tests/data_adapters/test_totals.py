"""A last line of totals is checked against its rows and left out; one that does not add up refuses the file."""

from datetime import date
from decimal import Decimal

import pytest

from di_advisor.errors import InputError, InputWarning, RowsError
from di_data.csv_files import CsvFiles
from tests.data_adapters.files import INDEX, LOTS, write

DAY = date(2026, 3, 31)


def lots(tmp_path, text: str):
    return CsvFiles().portfolio(write(tmp_path, text), as_of=DAY, cash_usd="0")


@pytest.mark.parametrize("label", ["Total", "TOTALS:", "Grand total", "Account Total"])
def test_a_total_that_adds_up_is_left_out_and_said(tmp_path, label):
    with pytest.warns(InputWarning, match=r"lots\.csv: line 5 is a total \(basis_total_usd: the sum of the rows above"):
        read = lots(tmp_path, LOTS + f'{label},,,"$5,120.25",\n')
    assert sum(lot.basis_total_usd for lot in read.lots) == Decimal("5120.25")


def test_a_total_may_have_fewer_cells_and_blank_lines_before_it(tmp_path):
    with pytest.warns(InputWarning, match="line 7 is a total and is left out"):
        assert len(lots(tmp_path, LOTS + "\n\nTotal\n").lots) == 3


def test_a_total_that_does_not_add_up_refuses_the_file_because_a_row_may_be_missing(tmp_path):
    cut = "\n".join([*LOTS.splitlines()[:-1], 'Total,,,"5,120.25",'])
    with pytest.raises(InputError, match=r"line 4: the total of basis_total_usd is 5,120\.25, .* add up to 5,100\.25"):
        lots(tmp_path, cut)


def test_a_total_of_weights_that_were_longer_than_they_are_written_adds_up(tmp_path):
    with pytest.warns(InputWarning, match=r"line 5 is a total \(weight"):
        target = CsvFiles().target(write(tmp_path, INDEX + "Total,1\n", "index.csv"), as_of=DAY)
    assert target.weights_on(DAY) == {"A": 0.5, "B": 0.3, "C": 0.2}


def test_a_security_that_is_called_total_stays(tmp_path):
    text = INDEX.replace("C,0.2", "TOTAL,0.2")
    assert CsvFiles().target(write(tmp_path, text, "index.csv"), as_of=DAY).weights_on(DAY)["TOTAL"] == 0.2


def test_a_total_in_the_middle_is_an_error_of_its_row(tmp_path):
    head, *rows = LOTS.splitlines()
    with pytest.raises(RowsError, match="line 3"):
        lots(tmp_path, "\n".join([head, rows[0], "Subtotal,,,5000,", *rows[1:]]))


def test_other_short_rows_are_still_a_file_that_is_cut_off(tmp_path):
    with pytest.raises(InputError, match="line 5: 2 cells, fewer than the 5"):
        lots(tmp_path, LOTS + "L4,A\n")
