"""Texts that a spreadsheet must not run: at the beginning, behind blanks, behind another country's separator."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.spreadsheet_cells import text_cell, text_of_cell

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n"
TRICKY = st.text(alphabet=st.sampled_from("';| \u00a0\u3000a," + SIGNS), max_size=10)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (" =1+1", "' =1+1"),
        ("\u3000\uff1dcmd", "'\u3000\uff1dcmd"),
        ("\uff0b1", "'\uff0b1"),
        ("Evil;=cmd|' /C calc'!A0", "Evil;'=cmd|' /C calc'!A0"),
        ("a\t@SUM(1)", "a\t'@SUM(1)"),
        ("Smith & Wesson; -5 %", "Smith & Wesson; -5 %"),
        ("Telephone & Data", "Telephone & Data"),
    ],
)
def test_a_formula_is_made_text_wherever_it_could_begin(text, written):
    assert text_cell(text) == written
    assert text_of_cell(written) == text


@given(TRICKY)
def test_every_text_comes_back_and_nothing_begins_with_a_sign(text):
    cell = text_cell(text)
    assert text_of_cell(cell) == text
    assert not any(part.lstrip(" \u00a0\u3000")[:1] in set(SIGNS) for part in re.split(r"[;|]", cell)[:1] if part)
    assert not re.search(rf"[;|\t][{re.escape(SIGNS)}]", cell)
