"""A user's own terms and rules for one account of a household: kept there, whether affine or for a cone solver."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import cvxpy as cp
import numpy as np
import pytest

from di_advisor.domain.household import Filer, Household, HouseholdAccount, Tracking
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InfeasibleError, InputError, SettlementError, UnsupportedWishError
from di_advisor.formulate.own import OwnWishes
from di_advisor.formulate.own_affine import AffineRule
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.propose.household import facts_of, propose
from di_advisor.propose.household.proposal import HouseholdProposal
from di_advisor.propose.planned import never
from di_advisor.testing.random_households import random_household
from tests.household.own_wishes import DearX, LittleX, SteepX
from tests.household.test_by_hand import traded
from tests.household.test_generated import check
from tests.household.world import LOOSE, account, market, target
from tests.own.wishes import FewBuys, OpaqueFewBuys, OpaqueTaste, Taste, rule, term

RATES = TaxProfile(ConstantRates(0.35, 0.15))
ANN = (Filer("ann", ("ann",)),)
INVESTS = LOOSE.with_changes(cash_max=0.02)


def proposed(own: dict[str, OwnWishes], *accounts: HouseholdAccount, **wishes: object) -> HouseholdProposal:
    """In a market where X costs 1 bp to trade, and Y 100 bps."""
    world = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-2})
    house = Household("own", ANN, accounts, target("X", "Y"), **wishes)  # type: ignore[arg-type]
    return propose(house, world, {"ann": RATES}, own=own)


def account_problem_of_two() -> Problem:
    """Two names with a lot each, in their order."""
    a = account("A", "ann", "L 100 X @ 110 on 2026-03-02\nM 100 Y @ 110 on 2026-03-02")
    house = Household("two", ANN, (a,), target("X", "Y"))
    world = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-2})
    return facts_of(house, world, {"ann": RATES}, never).problem("A", {})[2]


def loser(account_id: str) -> HouseholdAccount:
    return account(account_id, "ann", "L 100 X @ 110 on 2026-03-02", cash_usd="10")


def test_an_affine_rule_is_kept_by_its_account_alone() -> None:
    found = proposed({"A": OwnWishes(rules=(LittleX(),))}, loser("A"), loser("B"))
    assert traded(found, "A") == pytest.approx({("sell", "X"): 4_000}, rel=1e-3)
    assert traded(found, "B") == pytest.approx({("sell", "X"): 10_000})
    # Ten percent of loss at 35 %.
    assert float(found.filers[0].tax_usd) == pytest.approx(-0.035 * 14_000, abs=1)
    (kept,) = [c for c in found.proposals["A"].checks if c.rule == "little X"]
    assert kept.binding
    assert kept.slack >= -1e-6
    assert not [c for c in found.proposals["B"].checks if c.rule == "little X"]
    assert found.certificate.gap_usd < 1


@pytest.mark.parametrize("kind", [AccountKind.TAXABLE, AccountKind.IRA])
def test_an_affine_term_moves_its_account_alone_and_is_in_the_sums(kind: AccountKind) -> None:
    cash = {"cash_usd": "10000", "kind": kind, "mandate": INVESTS}
    accounts = account("A", "ann", "", **cash), account("B", "ann", "", **cash)  # type: ignore[arg-type]
    found = proposed({"A": OwnWishes(terms=(DearX(),))}, *accounts)
    # Two percent on X are more than what Y costs more to trade.
    assert set(traded(found, "A")) == {("buy", "Y")}
    assert set(traded(found, "B")) == {("buy", "X")}
    assert sum(found.by_account["benefit_usd"]) == found.benefit_usd
    assert found.terms_usd["dislike of X"] == 0
    assert found.proposals["A"].before.objective_usd["dislike of X"] == Decimal(5)
    assert found.proposals["A"].after.objective_usd["dislike of X"] == Decimal(5)
    plain = proposed({"A": OwnWishes(terms=(term(lambda s: 0.02 * s.held_usd("X"), "dislike of X"),))}, *accounts)
    assert found.certificate.objective_usd == pytest.approx(plain.certificate.objective_usd + 5, abs=1e-6)
    assert found.certificate.bound_usd == pytest.approx(plain.certificate.bound_usd + 5, abs=1e-6)
    assert found.gain_over_separate_usd == plain.gain_over_separate_usd


def test_a_convex_term_finds_its_price_of_gains_on_the_shared_return() -> None:
    world = market({"X": "100", "Y": "100", "Z": "100"}, {"X": 1e-3, "Y": 0.0, "Z": 0.0})
    raising = LOOSE.with_changes(withdrawal_usd=Decimal(10_000))
    a = account("A", "ann", "G 200 Y @ 50 on 2026-03-02", mandate=raising)
    b = account("B", "ann", "L 100 X @ 200 on 2020-03-02\nM 100 Z @ 100 on 2020-03-02")
    house = Household("ann", ANN, (a, b), target("X", "Y", "Z"))
    year = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(100_000))
    found = propose(house, world, {"ann": year}, own={"B": OwnWishes(terms=(SteepX(),))})
    # A dollar of loss saves 22 cents, less 0.1 to sell it; the term takes so much of the 6,000th dollar.
    assert traded(found, "B")["sell", "X"] == pytest.approx(6_000, rel=2e-3)
    assert float(found.terms_usd["steep X"]) == pytest.approx(657, abs=2)
    # By itself B would stop at 3,000: 0.219 x 3,000 less the term's 657 - 164.25.
    assert float(found.gain_over_separate_usd or 0) == pytest.approx(657 - 492.75, abs=2)
    assert found.certificate.gap_usd < 0.5
    assert any("steep X" in note for note in found.proposals["B"].notes)


def test_a_convex_rule_is_kept_in_a_retirement_account_too() -> None:
    half = rule(lambda s: [cp.norm(s.weights, 2) <= 0.75], "spread out")
    ira = account("ira", "ann", "", cash_usd="10000", kind=AccountKind.IRA, mandate=INVESTS)
    found = proposed({"ira": OwnWishes(rules=(half,))}, loser("A"), ira)
    bought = traded(found, "ira")
    # Of 98 %, y in the dear Y: (0.98 - y)^2 + y^2 = 0.5625.
    y = 0.98 / 2 - (0.5625 / 2 - 0.98**2 / 4) ** 0.5
    held = {name: usd / 10_000 for (_, name), usd in bought.items()}
    assert held["X"] ** 2 + held["Y"] ** 2 <= 0.5625 + 1e-5
    # A sells X at a loss worth 350: the IRA may hold no X then, so that the rule cannot be kept; the loss waits.
    assert ("sell", "X") not in traded(found, "A")
    assert held["Y"] == pytest.approx(y, abs=2e-3)


@pytest.mark.parametrize("kind", [AccountKind.TAXABLE, AccountKind.IRA])
def test_a_limit_on_what_is_bought_is_walked_along_in_whole_shares(kind: AccountKind) -> None:
    world = market({"X": "700", "Y": "300"}, {"X": 1e-4, "Y": 1e-2})
    few = rule(lambda s: [s.buys_usd[s.position("X")] <= 40_000], "little X")
    whole = INVESTS.with_changes(rounding="whole_shares")
    house = Household(
        "own", ANN, (account("A", "ann", "", cash_usd="100000", kind=kind, mandate=whole),), target("X", "Y")
    )
    found = propose(house, world, {"ann": RATES}, own={"A": OwnWishes(rules=(few,))})
    # X is the cheaper to trade: as much of it as the rule allows is 57 shares.
    assert traded(found, "A")["buy", "X"] == 57 * 700
    # The walk over share counts knows the limit: nothing had to be tightened, and no integer program was asked.
    assert not [n for n in found.proposals["A"].notes if "tightened" in n or "could not be rounded" in n]


@pytest.mark.parametrize("sided", [1.0, -1.0])
def test_an_own_rule_on_weights_is_the_same_rule_once_directions_are_fixed(sided: float) -> None:
    g = np.random.default_rng(5)
    holdings = account_problem_of_two().block.holdings
    n = len(holdings.held)
    on = [g.normal(size=(3, n)) for _ in range(3)]
    own = AffineRule(holdings, on[0], on[1], on[2], np.full(3, -0.1), np.full(3, 0.2), "mine", "Mine.")
    net = sided * np.array([0.02, -0.03])
    sells = np.bincount(np.flatnonzero(net < 0), weights=-net[net < 0], minlength=len(holdings.lot_name))
    plan = Plan(sells, np.maximum(net, 0.0))
    active = holdings.active + net
    slack = min(min(w @ active - low, high - w @ active) for w, low, high in own.on_weights(np.sign(net)))
    assert slack == pytest.approx(own.slack(plan), abs=1e-12)


@pytest.mark.parametrize("seed", [8, 14])
@pytest.mark.parametrize(("plain", "opaque"), [(FewBuys, OpaqueFewBuys), (Taste, OpaqueTaste)], ids=["rule", "term"])
def test_what_is_affine_is_proposed_the_same_through_the_cone_solver(seed: int, plain: type, opaque: type) -> None:
    drawn = random_household(seed, names=6, accounts_max=2)
    mandates = [replace(a, mandate=a.mandate.with_changes(rounding="fractional")) for a in drawn.household.accounts]
    house = replace(drawn.household, accounts=tuple(mandates))
    first = house.account_ids[0]
    found = []
    for kind in (plain, opaque):
        own = _fitting(kind)
        given = {first: OwnWishes(rules=(own,)) if hasattr(own, "constraints") else OwnWishes(terms=(own,))}
        found.append(propose(house, drawn.market, drawn.taxes, own=given, nodes_max=8))
    one, other = (f.certificate for f in found)
    value = sum(float(p.before.value_usd) for p in found[0].proposals.values())
    assert one.objective_usd == pytest.approx(other.objective_usd, abs=2e-5 * value)
    for certificate in (one, other):  # each bound holds for the other's orders
        assert certificate.bound_usd <= min(one.objective_usd, other.objective_usd) + 2e-6 * value
        assert certificate.gap_usd <= 5e-4 * value
    for each in found:
        check(replace(drawn, household=house), each)


def _fitting(kind: type) -> object:
    """Own wishes for a market that has one style and no sectors."""
    if issubclass(kind, FewBuys):
        curved = issubclass(kind, OpaqueFewBuys)
        return rule(lambda s: [cp.sum(s.buys[:3]) <= 0.08, *([cp.norm(s.active, 2) <= 100.0] if curved else [])])
    curve = 1e-9 if issubclass(kind, OpaqueTaste) else 0.0

    def likes(s: object) -> object:
        usd = 0.004 * s.holdings_usd[0] - 0.002 * s.holdings_usd[3] + 0.001 * cp.sum(s.buys_usd[:2])  # type: ignore[attr-defined]
        return usd + curve * cp.sum_squares(s.active) if curve else usd  # type: ignore[attr-defined]

    return term(likes)


def test_what_cannot_be_rounded_is_refused_with_the_account() -> None:
    exactly = OwnWishes(rules=(rule(lambda s: [s.buys_usd[s.position("X")] == 40_050], "so much X"),))
    whole = INVESTS.with_changes(rounding="whole_shares")
    accounts = (account(i, "ann", "", cash_usd="100000", mandate=whole) for i in ("A", "B"))
    with pytest.raises(
        SettlementError, match=r"^Account B: Your own rule 'so much X' holds a figure exactly"
    ) as refused:
        proposed({"B": exactly}, *accounts)
    assert refused.value.facts["account_id"] == "B"
    assert "Give it a little room on both sides" in refused.value.hint


def test_what_one_of_two_returns_cannot_keep_is_refused_with_its_name() -> None:
    world = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-2})
    raising = LOOSE.with_changes(withdrawal_usd=Decimal(10_000))
    his = account("B", "bob", "G 200 Y @ 50 on 2020-03-02", mandate=raising)
    hers = account("H", "bob", "G 100 Y @ 50 on 2020-03-02")
    returns = (Filer("ann's", ("ann",)), Filer("bob's", ("bob",), gain_budget_usd=Decimal(100)))
    house = Household("two", returns, (loser("A"), his, hers), target("X", "Y"))
    with pytest.raises(
        InfeasibleError, match=r"^Return bob's: The rules of the accounts ask for net gains of at least"
    ):
        propose(house, world, {"ann's": RATES, "bob's": RATES})


def test_what_cannot_be_kept_is_refused_with_the_account() -> None:
    both = OwnWishes(rules=(rule(lambda s: [s.weight("X") >= 0.6, s.weight("Y") >= 0.6], "too much"),))
    with pytest.raises(InfeasibleError, match=r"Account B: .*my rule"):
        proposed({"B": both}, loser("A"), loser("B"))
    with pytest.raises(InputError, match="There is no account 'C'"):
        proposed({"C": both}, loser("A"))
    with pytest.raises(UnsupportedWishError, match="Account A brings own terms or rules"):
        proposed({"A": both}, loser("A"), tracking=Tracking.TOGETHER)
