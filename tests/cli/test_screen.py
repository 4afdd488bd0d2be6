"""What reaches a terminal, and what does not."""

import io
import os
import unicodedata
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor import cli
from di_advisor.cli.screen import Clock, Screen
from di_advisor.cli.wrapping import wrapped
from di_advisor.errors import InputWarning


def screen() -> Screen:
    return Screen(io.StringIO(), io.StringIO())


@given(st.text())
def test_no_control_character_but_line_ends_reaches_the_terminal(text):
    shown = screen()
    shown.show(text)
    shown.note(text)
    shown.error(text)
    written = shown.out.getvalue() + shown.err.getvalue()
    assert not {c for c in written if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}} - {"\n"}
    assert written.count("\n") == 3 * (text.count("\n") + 1)


def test_a_console_that_lacks_letters_shows_escapes():
    raw = io.BytesIO()
    narrow = Screen(io.TextIOWrapper(raw, encoding="ascii"), io.StringIO())
    narrow.show("Ünïcode")
    assert raw.getvalue() == b"\\xdcn\\xefcode\n".replace(b"\n", os.linesep.encode())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


ROW = "  OAK  14.6542  1,641.12  Sell 14.6542 OAK from the lot of 2021-07-07: it realises a long-term loss of $370."


def test_a_reason_goes_on_under_itself_on_a_terminal_and_stays_one_line_in_a_file(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    shown, kept = Screen(Terminal(), io.StringIO()), screen()
    for one in (shown, kept):
        one.show(f"A caption\n{ROW}")
    assert kept.out.getvalue() == f"A caption\n{ROW}\n"
    caption, first, *more = shown.out.getvalue().splitlines()
    assert caption == "A caption"
    assert first.startswith("  OAK  14.6542  1,641.12  Sell")
    begins = first.index("Sell")
    assert more
    assert all(line[:begins].isspace() and line[begins] != " " and len(line) <= 60 for line in more)


def test_figures_wider_than_the_window_are_not_broken():
    row = "  Tracking error            bps a year            22.4          21.9       -0.5"
    assert wrapped(row, 60) == [row]
    assert wrapped("x" * 70, 60) == ["x" * 70]


@given(st.text(alphabet="ab -:.$1", max_size=200), st.integers(20, 120))
def test_breaking_a_line_loses_no_word(line, width):
    found = wrapped(line, width)
    assert " ".join(found).split() == line.split()
    assert all(len(part) <= width or " " not in part.strip() for part in found) or found == [line]


def test_warnings_about_input_become_notes_once_and_others_stay_warnings():
    shown = screen()

    def reading():
        with shown.noting_warnings():
            for _ in range(2):
                warnings.warn("odd", InputWarning, stacklevel=1)
            warnings.warn("another", UserWarning, stacklevel=1)

    with pytest.warns(UserWarning, match="another") as others:
        reading()
    assert shown.err.getvalue() == "Note: odd\n"
    assert len(others) == 1


def test_the_clock_adds_up():
    clock = Clock()
    for name in ("one", "two"):
        with clock.stage(name):
            pass
    lines = clock.table().splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["one", "two", "total"]
    assert [s.name for s in clock.stages] == ["one", "two"]


def test_an_interruption_ends_in_one_message_and_code_130(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    assert cli.main(["columns"]) == 0  # what the parser takes from the same module is loaded before that is patched
    capsys.readouterr()
    monkeypatch.setattr("di_advisor.cli.files.file_columns", interrupted)
    assert cli.main(["columns"]) == 130
    assert capsys.readouterr().err == "di-advisor: Interrupted; files that were written are whole.\n"
