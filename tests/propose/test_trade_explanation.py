"""One answer about one trade: its parts agree with each other, and every notebook form says them, escaped."""

import ast
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from di_advisor.domain.mandate import Band, Mandate, Rounding
from di_advisor.domain.portfolio import Account, Portfolio, Side
from di_advisor.domain.target import Target
from di_advisor.errors import InputError
from di_advisor.propose.esg_facts import NameEsg
from di_advisor.propose.trade_explanation import TradeExplanation
from di_advisor.report.explanation_view import (
    explanation_html,
    explanation_markdown,
    explanation_text,
    python_of_card,
)
from di_advisor.testing.random_cases import random_case
from di_advisor.ui.formatters import explanation_bundle
from di_advisor.workspace import Workspace


def opened(seed: int, **changes: Any) -> Workspace:
    case = random_case(seed, names=20, lots_a_name=3)
    account, market = case.signals.account, case.signals.market
    weights = dict(zip(market.universe.security_ids, account.target_weight.tolist(), strict=True))
    wishes = Mandate(risk_aversion=15.0, rounding=Rounding.FRACTIONAL, cash_min=0.002).with_changes(**changes)
    portfolio = Portfolio("random", (Account("random", account.lots),))
    return Workspace(portfolio, Target.single("index", weights, market.as_of), wishes, case.tax, case.signals)


@pytest.mark.parametrize("seed", range(4))
def test_every_trade_is_explained_and_its_parts_agree(seed: int) -> None:
    changes = {"turnover_max": 0.1} if seed % 2 else {"factor_bands": {"style0": Band.within(0.02)}}
    workspace = opened(seed, **changes)
    proposal = workspace.propose()
    every = workspace.counterfactuals()
    for trade, without in list(zip(proposal.trade_list, every, strict=True))[:: max(1, len(every) // 4)]:
        found = workspace.explain_trade(trade)
        assert found.counterfactual == without
        assert found.trade is trade
        assert found.sentences[0] == trade.sentence
        assert str(found).count("\n") == len(found.sentences) - 1
        assert set(found.shadow_prices) <= set(proposal.shadow_prices)
        assert found.balance is not None
        assert found.balance.total_usd_per_usd == pytest.approx(0.0, abs=1e-12)
        for price in found.shadow_prices:
            assert price.sentence in found.sentences
        if trade.side is Side.BUY:
            assert found.lot_choice is None
    if seed % 2:
        assert any(s.rule == "turnover" for s in proposal.shadow_prices)


def test_a_trade_is_found_by_its_lot_its_id_or_its_ticker() -> None:
    workspace = opened(2)
    proposal = workspace.propose()
    sale = next(t for t in proposal.trade_list if t.lot_id)
    assert workspace.explain_trade(sale.lot_id).trade is sale
    buy = next(t for t in proposal.trade_list if t.side is Side.BUY)
    assert workspace.explain_trade(buy.security_id).trade is buy
    with pytest.raises(InputError, match="does not trade 'MOON'"):
        workspace.explain_trade("MOON")
    several = [t for t in proposal.trade_list if sum(u.security_id == t.security_id for u in proposal.trade_list) > 1]
    if several:
        with pytest.raises(InputError, match="is sold from"):
            workspace.explain_trade(several[0].security_id)


def test_the_shadow_prices_of_a_proposal_are_a_frame_with_the_largest_first() -> None:
    proposal = opened(1, turnover_max=0.08).propose()
    frame = proposal.shadow_price_frame
    assert list(frame["rule"]) == [s.rule for s in proposal.shadow_prices]
    turnover = frame[frame["rule"] == "turnover"].iloc[0]
    assert turnover["unit"] == "percentage point"
    assert f"1 percentage point more turnover would free up to about ${turnover['price_usd']:,.0f}." == turnover[
        "sentence"
    ].replace("1 Percentage", "1 percentage")
    worth = [s.step * s.price_usd for s in proposal.shadow_prices]
    assert worth == sorted(worth, reverse=True)


def test_every_notebook_form_says_the_same_and_html_is_escaped() -> None:
    workspace = opened(2)
    found = workspace.explain_trade(workspace.propose().trade_list[0])
    wicked = replace(found, trade=replace(found.trade, sentence="<script>alert(1)</script>", ticker="<b>X</b>"))
    html = explanation_html(wicked)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "&lt;b&gt;X" in html
    bundle = explanation_bundle(found)
    assert set(bundle) == {"text/html", "text/markdown", "text/plain"}
    amount = f"{abs(found.counterfactual.worse_usd or Decimal(0)):,.2f}"
    repeats = f"explain_trade({(found.trade.lot_id or found.trade.security_id)!r})"
    for text in (explanation_html(found), explanation_markdown(found).replace("\\", ""), explanation_text(found)):
        assert repeats in text.replace("&#39;", "'")
        assert amount in text
        assert "Per further" in text
    assert isinstance(found, TradeExplanation)


def test_a_loss_says_when_its_name_may_be_bought_back_and_no_gain_does() -> None:
    workspace = opened(2)
    sales = [t for t in workspace.propose().trade_list if t.gain_usd is not None]
    losses = [t for t in sales if t.gain_usd is not None and t.gain_usd < 0]
    assert losses
    for trade in [*losses[:2], *(t for t in sales if t not in losses)][:3]:
        said = explanation_text(workspace.explain_trade(trade))
        assert ("first day to buy the name back" in said) is (trade in losses)
    until = losses[0].facts["no repurchase before"]
    assert until in explanation_text(workspace.explain_trade(losses[0]))


@pytest.mark.parametrize("lot_id", ["L`7", 'it\'s "so"', "a\\x60`\u202eb", "```"])
def test_the_line_that_repeats_a_card_names_any_lot_and_ends_no_fence(lot_id: str) -> None:
    trade = replace(next(t for t in opened(2).propose().trade_list if t.lot_id), lot_id=lot_id)
    line = python_of_card(trade)
    assert "`" not in line
    assert line.isprintable()
    argument = ast.parse(line, mode="eval").body.args[0]  # type: ignore[attr-defined]
    assert ast.literal_eval(argument) == lot_id


def test_a_purchase_says_from_which_day_a_loss_on_the_name_is_clear_of_it() -> None:
    workspace = opened(2)
    proposal = workspace.propose()
    buy = next(t for t in proposal.trade_list if t.side is Side.BUY)
    clear = proposal.as_of + timedelta(days=31)
    assert buy.facts["no loss sale before"] == clear.isoformat()
    assert f"the first clear day is {clear}" in explanation_text(workspace.explain_trade(buy))


def test_a_card_shows_the_cost_of_the_order_its_swap_and_what_is_wished_of_the_name() -> None:
    workspace = opened(2)
    trade = workspace.propose().trade_list[0]
    found = workspace.explain_trade(trade)
    assert found.cost is not None
    assert found.swap is not None
    assert {found.cost.sentence, found.swap.sentence} <= set(found.sentences)
    known = NameEsg("score", "", "higher_is_better", "P <b>", 71.0, 50.0, "report of 2026", "P <b>, known", wished=True)
    other = replace(known, measure="water", wished=False)
    html = explanation_html(replace(found, esg=(known, other)))
    assert "P &lt;b&gt;, known. report of 2026" in html
    assert "What else is known" in html
    assert "<b>, known" not in html
    text = explanation_text(replace(found, esg=(known, other)))
    assert "71.00" in text
    assert "water" not in text
