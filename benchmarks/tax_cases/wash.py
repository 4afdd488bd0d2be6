"""WS: wash sales. Rows of purchases and sales become a journal; the pieces come from its books."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from benchmarks.tax_cases.answers import Answers, Exactly, Money
from benchmarks.tax_cases.given import CaseError, Given
from benchmarks.tax_cases.pieces import Pieces, pieces_of
from benchmarks.tax_cases.stage import OLD, SOURCE, books_of, opened
from di_advisor.domain.events import (
    Buy,
    Event,
    GiftReceived,
    Inheritance,
    LotChoice,
    LotMethod,
    LotShares,
    Reinvestment,
    Sell,
)
from di_advisor.domain.portfolio import AccountKind
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.policies import (
    FractionFrom,
    LedgerPolicies,
    MissingPercentages,
    PartOrder,
    RetirementPlans,
    SpouseReplacement,
)
from di_advisor.ledger.recent_trades import SoldReplacement

__all__ = ["policies_of", "wash_sales"]

_CENT: Final = Fraction(1, 100)
_KINDS: Final = {
    "": AccountKind.TAXABLE,
    "brokerage": AccountKind.TAXABLE,
    "individual": AccountKind.TAXABLE,
    "joint": AccountKind.TAXABLE,
    "spouse_taxable": AccountKind.SPOUSE,
    "roth_ira": AccountKind.ROTH,
    "traditional_ira": AccountKind.IRA,
    "rollover_ira": AccountKind.IRA,
    "sep_ira": AccountKind.IRA,
    "simple_ira": AccountKind.IRA,
    "spouse_ira": AccountKind.IRA,
    "spouse_roth": AccountKind.ROTH,
    "401k": AccountKind.RETIREMENT_PLAN,
    "403b": AccountKind.RETIREMENT_PLAN,
    "457b": AccountKind.RETIREMENT_PLAN,
    **{kind.value: kind for kind in AccountKind},
}
_PURCHASES: Final = {"", "purchase", "buy", "bought", "rsu", "rsu_vest", "espp", "option_exercise"}
_REINVESTED: Final = {"dividend_reinvestment", "reinvestment", "drip"}
_HELD: Final = "replacement_must_be_held_at_loss_sale"
_SETTINGS: Final[Mapping[str, Any]] = {
    "sold_replacement": SoldReplacement,
    "part_order": PartOrder,
    "spouse_replacement": SpouseReplacement,
    "retirement_plans": RetirementPlans,
    "fraction_from": FractionFrom,
    "missing_percentages": MissingPercentages,
}


def policies_of(given: Given) -> LedgerPolicies:
    """Settings of a case: "name=value" in ``policy``, several separated by commas or as a list or an object.

    Names are those of `LedgerPolicies`, and ``replacement_must_be_held_at_loss_sale`` (true: a
    would-be replacement that was sold before the loss sale does not count).
    """
    raw = given.raw("policy", given.raw("policies", ""))
    if isinstance(raw, Mapping):
        pairs = [(str(k), str(v)) for k, v in raw.items()]
    else:
        listed = re.split(r"[,;]", raw) if isinstance(raw, str) else [str(each) for each in raw]
        pairs = [(name.strip(), value.strip()) for name, _, value in (each.partition("=") for each in listed if each)]
    chosen: dict[str, Any] = {}
    for name, value in pairs:
        if name == _HELD and value.casefold() in ("true", "false"):
            held = value.casefold() == "true"
            chosen["sold_replacement"] = SoldReplacement.DOES_NOT_COUNT if held else SoldReplacement.COUNTS
        elif name in _SETTINGS and value in set(_SETTINGS[name]):
            chosen[name] = _SETTINGS[name](value)
        else:
            known = "; ".join(f"{key}={'|'.join(kind)}" for key, kind in _SETTINGS.items())
            raise CaseError(f"policy {name}={value} is not known; known are: {_HELD}=true|false; {known}")
    return LedgerPolicies(**chosen)


@dataclass(frozen=True)
class _Row:
    lot_id: str
    name: str
    position: int
    account_id: str
    events: list[Event]


def wash_sales(given: Given) -> Answers:
    """Pieces and totals of rows of purchases and sales."""
    rows_given = given.parts("rows")
    kinds = _kinds(rows_given)
    names: Counter[tuple[str, str]] = Counter()
    rows = [_row(part, position, names) for position, part in enumerate(rows_given)]
    policies = policies_of(given)
    groups = _groups(given)
    events = opened(*kinds.items()) + [event for row in rows for event in row.events]
    books = books_of(events, policies=policies, groups=groups)
    named = {(row.account_id, row.lot_id): row.name for row in rows}
    pieces = pieces_of(books, named)
    leeway = _CENT * max(0, len(pieces) - len(rows))
    recognized = sum((r.recognized_usd for r in books.realized if r.taxed), Fraction(0))
    return Answers(
        {
            "pieces": Pieces(pieces, leeway),
            "total_disallowed": Money(books.disallowed_usd, leeway),
            "permanently_lost": Money(books.lost_for_good_usd, leeway),
            "total_recognized_gain_loss": Money(recognized, leeway),
            "scope": Exactly(books.scope),
        },
        notes=[f"account {a} is taken as {k.value}" for a, k in kinds.items() if _is_guessed(rows_given, a, k)],
    )


def _kinds(rows: Sequence[Given]) -> dict[str, AccountKind]:
    kinds: dict[str, AccountKind] = {}
    for row in rows:
        account = row.text("account", "account")
        written = re.sub(r"[ -]", "_", row.text("account_type", "").strip().casefold()).replace("(k)", "k")
        if written not in _KINDS:
            raise CaseError(f"{row.where}.account_type is {written!r}; known are: {', '.join(filter(None, _KINDS))}")
        if written:
            kinds[account] = _KINDS[written]
        elif account not in kinds:
            # An account that is called "roth" and says nothing else is one.
            kinds[account] = _KINDS.get(account.casefold(), AccountKind.TAXABLE)
    return kinds


def _is_guessed(rows: Sequence[Given], account: str, kind: AccountKind) -> bool:
    said = any(row.text("account", "account") == account and row.has("account_type") for row in rows)
    return not said and kind is not AccountKind.TAXABLE


def _groups(given: Given) -> IdenticalGroups:
    raw = given.raw("identical", given.raw("identical_groups", {}))
    lists = raw if isinstance(raw, Mapping) else {f"group {i + 1}": members for i, members in enumerate(raw)}
    return IdenticalGroups.from_lists(lists)


def _row(row: Given, position: int, names: Counter[tuple[str, str]]) -> _Row:
    account, name = row.text("account", "account"), row.text("lot", f"row {position + 1}")
    security = row.text(row.first("security", "ticker", "symbol"), OLD)
    names[account, name] += 1
    count = names[account, name]
    lot_id = name if count == 1 else f"{name} #{count}"
    shares, basis, on = row.amount("shares"), row.amount("basis"), row.day("buy_date")
    common: dict[str, Any] = {
        "on": on,
        "account_id": account,
        "security_id": security,
        "shares": shares,
        "lot_id": lot_id,
        "sequence": position,
        "source": SOURCE,
        "event_id": f"purchase {position}",
    }
    origin = row.text("origin", "").casefold()
    entry: Event
    if origin in _PURCHASES or origin in _REINVESTED:
        kind = Reinvestment if origin in _REINVESTED else Buy
        # Rows of one lot are parts of one purchase.
        purchase = row.text("purchase", f"{name} bought {on} in {account}")
        entry = kind(amount_usd=basis, purchase_id=purchase, **common)
    elif origin == "gift":
        value, since = row.amount("fmv_at_gift", basis), row.day("donor_acquired", on)
        entry = GiftReceived(donor_basis_usd=basis, value_usd=value, donor_held_since=since, **common)
    elif origin in ("inheritance", "inherited"):
        entry = Inheritance(value_at_death_usd=basis, died_on=row.day("died_on", on), **common)
    else:
        known = sorted(_PURCHASES | _REINVESTED | {"gift", "inheritance"})
        raise CaseError(f"{row.where}.origin is {origin!r}; known are: {', '.join(filter(None, known))}")
    events: list[Event] = [entry]
    if row.has("sell_date"):
        sold = row.amount(row.first("shares_sold", "sell_shares"), shares)
        events.append(
            Sell(
                event_id=f"sale {position}",
                on=row.day("sell_date"),
                account_id=account,
                security_id=security,
                shares=sold,
                amount_usd=row.amount("proceeds"),
                choice=LotChoice(LotMethod.SPECIFIC, (LotShares(lot_id, sold),)),
                sequence=position,
                source=SOURCE,
            )
        )
    return _Row(lot_id, name, position, account, events)
