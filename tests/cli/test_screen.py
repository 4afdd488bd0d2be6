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

    monkeypatch.setattr("di_advisor.cli.files.file_columns", interrupted)
    assert cli.main(["columns"]) == 130
    assert capsys.readouterr().err == "di-advisor: Interrupted; files that were written are whole.\n"
