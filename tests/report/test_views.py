"""What a proposal shows: nothing a file brought runs or renders, and every figure adds up on the page."""

import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.portfolio import Side
from di_advisor.propose.proposal import RuleCheck
from di_advisor.report.views import proposal_html, proposal_markdown, proposal_text
from tests.report.fakes import NASTY, TERMS, proposal

ALLOWED_TAGS = {
    "div",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "b",
    "br",
    "small",
    "ul",
    "li",
}
ALLOWED_ATTRIBUTES = {"class", "style", "scope", "align", "title", "colspan"}
ALLOWED_STYLES = {
    *[
        "text-align",
        "white-space",
        "font-size",
        "font-weight",
        "margin",
        "margin-left",
        "width",
        "min-width",
        "height",
        "background",
        "padding",
        "padding-top",
    ],
    *["border-collapse", "border-top", "border-bottom", "font-variant"],
}
VOID = {"br"}


class Reader(HTMLParser):
    """Collects tags, attributes and styles, tables as text, and complains about unclosed tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.styles: set[str] = set()
        self.open: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.text = ""
        self.rows: list[list[str]] = []
        self.captions = 0
        self.scoped = True
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {k for k, _ in attrs}
        for key, value in attrs:
            if key == "style":
                self.styles |= {each.split(":")[0].strip() for each in value.split(";") if each.strip()}
        if tag not in VOID:
            self.open.append(tag)
        match tag:
            case "table":
                self.rows = []
            case "caption":
                self.captions += 1
                self.text = ""
            case "tr":
                self.rows.append([])
            case "th" | "td":
                self.scoped &= tag == "td" or "scope" in dict(attrs)
                self.empty = int(dict(attrs).get("colspan", 1)) - 1 if tag == "th" else 0
                self.text = ""

    def handle_data(self, text):
        self.text += text

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        match tag:
            case "caption":
                self.caption = self.text
            case "th" | "td":
                self.rows[-1] += [self.text, *[""] * self.empty]
            case "table":
                self.tables[self.caption] = self.rows


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-").replace("+", ""))


@pytest.fixture(scope="module")
def shown() -> Reader:
    return Reader(proposal_html(proposal(20, 15)))


def test_html_keeps_to_tags_attributes_and_styles_that_every_sanitizer_leaves(shown: Reader) -> None:
    assert shown.tags <= ALLOWED_TAGS
    assert shown.attributes <= ALLOWED_ATTRIBUTES
    assert shown.styles <= ALLOWED_STYLES
    assert shown.open == []


def test_the_label_of_a_total_takes_the_empty_cells_behind_it_so_that_it_stands_on_one_line() -> None:
    html = proposal_html(proposal(20, 15))
    sales = html[html.index("All 20 lots") - 120 :]
    assert 'colspan="6"' in sales[:130]  # name, lot, bought, term, shares, price
    assert (
        len(set(map(len, Reader(html).tables["Sell (20 lots), largest benefit first"]))) <= 2
    )  # reasons, and all else


def test_html_has_no_style_sheet_no_variables_no_ids_and_no_script() -> None:
    html = proposal_html(proposal())
    for forbidden in ("<style", "<svg", "<script", "<img", "var(", " id=", "onerror=alert(1)>", 'http://x"'):
        assert forbidden not in html


def test_tags_in_names_are_shown_and_not_parsed(shown: Reader) -> None:
    html = proposal_html(proposal())
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "&lt;/script&gt;&lt;script&gt;alert(2)&lt;/script&gt;" in html
    assert "<img" not in html


def test_dollars_are_kept_from_being_typeset_as_formulas() -> None:
    html = proposal_html(proposal())
    assert html.startswith('<div class="mathjax_ignore tex2jax_ignore')
    assert html.endswith("</div>")
    assert html.count('<div class="mathjax_ignore') == 1


def test_control_and_direction_characters_are_made_visible_everywhere() -> None:
    p = proposal()
    for text in (proposal_html(p), proposal_markdown(p), proposal_text(p)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "\\x1b[2J" in proposal_html(p)


def test_markdown_shows_names_as_they_are_without_markup_links_or_formulas() -> None:
    markdown = proposal_markdown(proposal(), first=40)
    assert "\\[x\\](javascript" in markdown
    assert "&lt;img src=x onerror=alert(1)&gt;" in markdown
    assert re.search(r"(?<!\\)\$", markdown) is None
    assert re.search(r"(?<!\\)\[", markdown) is None
    assert "<" not in markdown


def test_a_bar_in_a_name_does_not_split_a_markdown_row() -> None:
    lines = [line for line in proposal_markdown(proposal(), first=40).splitlines() if line.startswith("| ")]
    unescaped = [len(re.findall(r"(?<!\\)\|", line)) for line in lines if "tax it saves" in line]
    assert len(set(unescaped)) == 1


def test_every_table_has_a_caption_and_every_heading_a_scope(shown: Reader) -> None:
    assert shown.scoped
    assert shown.captions == proposal_html(proposal(20, 15)).count("<table")
    assert "" not in shown.tables


def test_no_heading_is_empty(shown: Reader) -> None:
    assert all(all(heading.strip() for heading in rows[0]) for rows in shown.tables.values())


def trade_rows(reader: Reader, word: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Trades (shown and folded, which have fewer columns) and totals of one side, by heading."""
    tables = [rows for caption, rows in reader.tables.items() if caption.startswith(word)]
    is_total = re.compile(r"^(All|Shown|Folded)")
    rows = [dict(zip(heads, row, strict=True)) for heads, *body in tables for row in body if len(row) > 1]
    return [r for r in rows if not is_total.match(r["Name"])], [r for r in rows if is_total.match(r["Name"])]


@pytest.mark.parametrize(("sales", "buys"), [(3, 2), (20, 15), (110, 90)])
def test_shown_totals_are_the_sums_of_shown_trades_and_both_sides_make_the_objective(sales: int, buys: int) -> None:
    p = proposal(sales, buys)
    shown = Reader(proposal_html(p))
    objective = next(rows for caption, rows in shown.tables.items() if caption.startswith("The objective"))
    headings = objective[0]
    for term, *_ in objective[1:]:
        row = dict(zip(headings, next(r for r in objective if r[0] == term), strict=True))
        assert number(row["Change, $"]) == number(row["Plan, $"]) - number(row["Do nothing, $"])
        assert number(row["Change, $"]) == number(row["by sales, $"]) + number(row["by buys, $"])
    changes = [number(row[headings.index("Change, $")]) for row in objective[1:]]
    assert sum(changes[:-1]) == changes[-1] == -p.benefit_usd
    benefit = Decimal(0)
    for word, count in (("Sell", sales), ("Buy", buys)):
        trades, totals = trade_rows(shown, word)
        every = next(row for row in totals if row["Name"].startswith("All"))
        assert len(trades) == count
        for label in ("Value, $", "Benefit, $", "Tax, $", "Active risk, $", "Trading cost, $"):
            assert number(every[label]) == sum(number(row[label]) for row in trades)
        benefit += number(every["Benefit, $"])
    assert benefit == p.benefit_usd


def test_a_trade_s_dollars_by_term_make_its_benefit(shown: Reader) -> None:
    for word in ("Sell", "Buy"):
        trades, _ = trade_rows(shown, word)
        for row in trades:
            assert sum(number(row[f"{term.capitalize()}, $"]) for term in TERMS) == -number(row["Benefit, $"])


def test_every_trade_carries_its_sentence_in_each_view() -> None:
    p = proposal(4, 3)
    html, markdown, text = proposal_html(p), proposal_markdown(p), proposal_text(p)
    for t in p.trade_list:
        assert all(t.sentence in view for view in (html, markdown, text))


def test_two_hundred_trades_stay_under_four_hundred_kilobytes_and_most_are_folded() -> None:
    p = proposal(110, 90)
    html = proposal_html(p)
    assert len(html.encode()) < 400_000
    before_first_fold = html.split("<summary>Sell: the other 98 lots", maxsplit=1)[0]
    assert before_first_fold.count("Sold") == 12
    assert all(t.sentence in html for t in p.trade_list)


def test_what_is_folded_keeps_its_facts_in_fewer_cells() -> None:
    html = proposal_html(proposal(20, 15))
    shown, folded_rows = html.split("<summary>Sell: the other 8 lots", maxsplit=1)
    continued = folded_rows.split("</table>", maxsplit=1)[0]
    assert "hurts | helps" in shown
    assert "hurts | helps" not in continued
    assert "<details" not in continued
    assert continued.count('<tr class="di-below">') == 8
    named = [t for t in proposal(20, 15).trade_list if f">{t.ticker}<" in continued and t.sentence in continued]
    assert named
    assert any(t.facts for t in named)
    assert all(f"{k}: {v}".casefold() in continued.casefold() for t in named for k, v in t.facts.items())


def test_colour_never_stands_alone(shown: Reader) -> None:
    objective = next(rows for caption, rows in shown.tables.items() if caption.startswith("The objective"))
    assert {row[-1] for row in objective[1:]} == {"helps", "hurts"}
    assert all(t["title"] for t in bars_of(proposal_html(proposal(20, 15))))


def bars_of(html: str) -> list[dict[str, str]]:
    return [{"title": title} for title in re.findall(r'<div style="width:80px[^"]*" title="([^"]*)">', html)]


def test_a_broken_rule_is_named_and_comes_first() -> None:
    broken = RuleCheck("cash", "Cash stays above 0.00 % of the account.", 0.01, -0.001, -0.001, False)
    p = replace(proposal(), checks=(*proposal().checks, broken))
    html = Reader(proposal_html(p))
    assert html.tables["Rules, re-checked after rounding to shares"][1][:2] == ["cash", "broken"]
    assert "BROKEN: cash" in proposal_text(p)


def test_tracking_error_is_in_bps_and_weights_are_in_percent(shown: Reader) -> None:
    rules = {row[0]: row for row in shown.tables["Rules, re-checked after rounding to shares"]}
    assert rules["tracking error cap"][2:6] == ["145.0", "98.0", "2.0", "bps a year"]
    assert rules["cash"][2:6] == ["1.00", "0.30", "0.30", "% of account"]
    assert rules["factor band: size"][2:6] == ["0.180", "0.060", "0.140", "exposure"]


def test_a_proposal_without_trades_says_so_in_each_view() -> None:
    p = proposal(0, 0)
    for view in (proposal_html(p), proposal_markdown(p), proposal_text(p)):
        assert "Trade nothing" in view
    assert "Sell (" not in proposal_html(p)


def test_every_view_ends_with_the_disclaimer() -> None:
    p = proposal()
    for view in (proposal_html(p), proposal_markdown(p), proposal_text(p)):
        assert "Not tax advice." in view[-80:]
        assert view.count("Not tax advice.") == 1


def test_a_note_keeps_what_it_says_beside_the_disclaimer() -> None:
    p = replace(proposal(), notes=("Not tax advice. Rates are constant.", "Not tax advice.", "Fills were not given."))
    shown = proposal_text(p)
    assert "Note: Rates are constant.\n\nNote: Fills were not given.\n\nNot tax advice.\n" in shown


def test_views_are_the_same_each_time_and_carry_no_durations() -> None:
    assert proposal_html(proposal()) == proposal_html(proposal())
    assert "0.81" not in proposal_html(proposal())


@given(name=st.text(max_size=60), sentence=st.text(max_size=60))
def test_no_name_can_open_a_tag_or_break_the_layout(name: str, sentence: str) -> None:
    p = proposal(2, 1, nasty=())
    odd = tuple(replace(t, ticker=name, name=name, sentence=sentence, facts={name: sentence}) for t in p.trade_list)
    read = Reader(proposal_html(replace(p, trade_list=odd)))
    assert read.tags <= ALLOWED_TAGS
    assert read.open == []
    assert len(proposal_text(replace(p, trade_list=odd)).splitlines()) == len(proposal_text(p).splitlines())


def test_the_fake_is_a_fair_copy_of_a_proposal() -> None:
    p = proposal(20, 15)
    changes = {k: sum((t.dollars[k] for t in p.trade_list), Decimal(0)) for k in TERMS}
    assert changes == p.terms_usd
    assert {t.side for t in p.trade_list} == {Side.SELL, Side.BUY}
    assert {name for name, _ in NASTY} <= {t.ticker for t in p.trade_list}
