"""Ten sessions by hand: a split, a dividend, a spin-off, a withdrawal, a wash sale and a cash merger, to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from di_advisor.advisor import Advisor
from di_advisor.backtest.conservation import check_conservation
from di_advisor.backtest.past import Past, Payout
from di_advisor.backtest.record import DayRow, Replayed
from di_advisor.backtest.replay import replay
from di_advisor.backtest.settings import Flow, ReplaySettings
from di_advisor.domain.events import CashMerger, SpinOff, Split, TaxTreatment
from di_advisor.domain.mandate import Mandate, TradingMode, WashPolicy
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.ledger.replay import replay as books_of
from di_advisor.policy.policies import Policy
from di_advisor.policy.triggers import CashOutside
from tests.backtest.hand_past import FlatCosts, HandPast, OneFactor

SESSIONS = tuple(date(2024, 1, day) for day in (8, 9, 10, 11, 12, 16, 17, 18, 19, 22))
RATES = TaxProfile(ConstantRates(short_term=0.4, long_term=0.2))

# Ten dollars more than shares cost, so that no share is left unbought for want of a cent.
SPARE = 10

# After the merger the index holds A and B alone, in the proportion 1,548 x 50 to 724 x 45.
_A, _B = 1548 * 50, 724 * 45

PAST = HandPast(
    sessions=SESSIONS,
    closes={
        "A": ("100", "50", "50", "40", "40", "40", "40", "50", "51", "52"),
        "B": ("50", "50", "49.5", "49.5", "49", "45", "45", "45", "46", "44"),
        "C": ("20", "20", "20", "20", "20", "20", "20", None, None, None),
        "D": (None, None, None, "40", "41", "42.8", "42.8", "43", "43", "43"),
    },
    weights={
        SESSIONS[0]: {"A": 0.5, "B": 0.3, "C": 0.2},
        SESSIONS[7]: {"A": _A / (_A + _B), "B": _B / (_A + _B)},
    },
    actions=(
        Split(
            event_id="split", on=SESSIONS[1], source="by hand", security_id="A", tax_treatment=TaxTreatment.SPLIT,
            new_per_old=Decimal(2),
        ),
        SpinOff(
            event_id="spin", on=SESSIONS[3], source="by hand", security_id="A", tax_treatment=TaxTreatment.TAX_FREE,
            spun_security_id="D", new_per_old=Decimal("0.25"), parent_fraction=Decimal("0.8"),
        ),
        CashMerger(
            event_id="merger", on=SESSIONS[7], source="by hand", security_id="C",
            tax_treatment=TaxTreatment.TAXABLE, cash_per_share_usd=Decimal(25),
        ),
    ),
    paid=(Payout("B", SESSIONS[2], SESSIONS[4], Decimal("0.50")),),
)  # fmt: skip


@pytest.fixture(scope="module")
def replayed() -> Replayed:
    return replay(
        PAST,
        SESSIONS[0],
        SESSIONS[-1],
        Policy("cash", (CashOutside(least_weight=0.01),)),
        Mandate(mode=TradingMode.TAX_UNAWARE, wash_policy=WashPolicy.IGNORE, risk_aversion=1e8),
        RATES,
        ReplaySettings(
            cash_usd=Decimal(100_000) + SPARE,
            flows=(Flow(date(2024, 1, 15), Decimal(-20_000)), Flow(SESSIONS[6], Decimal(15_600))),
        ),
        advisor=Advisor(OneFactor(), FlatCosts()),
    )


def _row(replayed: Replayed, n: int) -> DayRow:
    return replayed.days[n]


def test_the_past_by_hand_is_a_past() -> None:
    assert isinstance(PAST, Past)


def test_the_first_session_buys_the_index_with_all_the_cash(replayed: Replayed) -> None:
    first = _row(replayed, 0)
    assert (first.flow_usd, first.bought_usd, first.cash_usd, first.value_usd) == (100_010, 100_000, SPARE, 100_010)
    assert first.traded
    assert replayed.rebalances[0].reasons[0] == "The account is opened."


def test_a_split_changes_no_value(replayed: Replayed) -> None:
    assert _row(replayed, 1).value_usd == pytest.approx(1000 * 50 + 600 * 50 + 1000 * 20 + SPARE)
    assert not _row(replayed, 1).traded


def test_a_dividend_is_owed_from_its_ex_date_on_and_is_cash_when_it_is_paid(replayed: Replayed) -> None:
    owed = _row(replayed, 2)
    assert (owed.dividend_usd, owed.cash_usd) == pytest.approx((300.0, 300.0 + SPARE))
    assert owed.value_usd == pytest.approx(50_000 + 600 * 49.5 + 20_000 + 300 + SPARE)
    assert _row(replayed, 4).dividend_usd == 0
    assert _row(replayed, 4).cash_usd == pytest.approx(300.0 + SPARE)


def test_spun_off_shares_are_held_from_their_first_close_on(replayed: Replayed) -> None:
    assert _row(replayed, 3).value_usd == pytest.approx(1000 * 40 + 250 * 40 + 600 * 49.5 + 20_000 + 300 + SPARE)


def test_a_withdrawal_sells_what_it_needs_on_its_session(replayed: Replayed) -> None:
    out = _row(replayed, 5)
    # 25 A at 40, 80 B at 45 (cost 50), 220 C at 20, all 250 D at 42.80 (cost 40), and 300 of cash.
    assert out.flow_usd == -20_000
    assert out.sold_usd == pytest.approx(1_000 + 3_600 + 4_400 + 10_700)
    assert out.cash_usd == pytest.approx(SPARE)
    assert out.value_usd == pytest.approx(78_000 + SPARE)
    assert out.short_term_usd == pytest.approx(700 - 400)
    assert out.harvested_usd == pytest.approx(400)
    assert out.long_term_usd == 0


def test_buying_back_washes_the_loss(replayed: Replayed) -> None:
    back = _row(replayed, 6)
    assert back.flow_usd == 15_600
    assert back.bought_usd == pytest.approx(195 * 40 + 104 * 45 + 156 * 20)
    assert back.washed_usd == pytest.approx(400)
    # The loss that was reported the session before is taken back.
    assert back.short_term_usd == pytest.approx(400)
    books = books_of(replayed.events, as_of=SESSIONS[6])
    washed = next(b.lot for b in books.lots if b.is_replacement)
    assert (washed.security_id, washed.shares, washed.basis_total_usd) == ("B", 80, 80 * 45 + 400)
    assert washed.held_since == date(2024, 1, 9)  # eight days held by the shares that were sold


def test_a_cash_merger_is_a_sale_and_its_cash_is_invested(replayed: Replayed) -> None:
    merged = _row(replayed, 7)
    assert merged.short_term_usd == pytest.approx(936 * 25 - 936 * 20)
    assert merged.bought_usd == pytest.approx(378 * 50 + 100 * 45)
    assert merged.cash_usd == pytest.approx(SPARE)
    assert merged.value_usd == pytest.approx(1548 * 50 + 724 * 45 + SPARE)
    assert merged.fired == ("cash",)


def test_the_last_session_shows_what_is_unrealised_and_the_tax_of_the_unfinished_year(replayed: Replayed) -> None:
    last = _row(replayed, 9)
    assert last.value_usd == pytest.approx(1548 * 52 + 724 * 44 + SPARE)
    gain_a = 1548 * 52 - (975 * 40 + 195 * 40 + 378 * 50)
    gain_b = 724 * 44 - (520 * 50 + (104 * 45 + 400) + 100 * 45)
    assert last.unrealised_usd == pytest.approx(gain_a + gain_b) == 11_072
    # 5,380 of short-term gain and a dividend of 300 that was not held for 61 days.
    assert sum(row.short_term_usd for row in replayed.days) == pytest.approx(700 + 4_680)
    assert last.tax_usd == pytest.approx(0.4 * 5_380 + 0.4 * 300)
    assert replayed.liquidation_tax_end_usd == pytest.approx(0.4 * 11_072)


def test_its_journal_conserves_cash_and_shares(replayed: Replayed) -> None:
    checked = check_conservation(replayed, PAST)
    assert checked.sessions == len(SESSIONS)
    assert checked.largest_usd < 1e-6
