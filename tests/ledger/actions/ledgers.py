"""Small journals with corporate actions, and what a replay makes of them."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from di_advisor.domain import events as ev
from di_advisor.domain.amounts import cents_of_parts
from di_advisor.domain.events import Event, TaxTreatment
from di_advisor.domain.lots import LotState
from di_advisor.domain.portfolio import AccountKind
from di_advisor.ledger.books import Books
from di_advisor.ledger.replay import replay

FREE, TAXABLE, SPLIT = TaxTreatment.TAX_FREE, TaxTreatment.TAXABLE, TaxTreatment.SPLIT
BOOT = TaxTreatment.REORGANISATION_WITH_BOOT
LATER = date(2035, 1, 1)
SOURCE = "issuer's letter"


def opened(account_id: str = "A", kind: AccountKind = AccountKind.TAXABLE, **other) -> Event:
    return ev.OpenAccount(event_id=f"open {account_id}", on=date(1990, 1, 1), account_id=account_id, kind=kind, **other)


def bought(lot: str, shares: object, usd: object, on: str = "2015-06-01", name: str = "X", account: str = "A") -> Event:
    return ev.Buy(
        event_id=lot, on=date.fromisoformat(on), account_id=account, security_id=name, shares=shares, amount_usd=usd
    )


def sold(
    event_id: str, shares: object, usd: object, on: str, name: str = "X", account: str = "A", lot: str = ""
) -> Event:
    choice = ev.LotChoice(ev.LotMethod.SPECIFIC, (ev.LotShares(lot),)) if lot else ev.BY_LAW
    return ev.Sell(
        event_id=event_id,
        on=date.fromisoformat(on),
        account_id=account,
        security_id=name,
        shares=shares,
        amount_usd=usd,
        choice=choice,
    )


def action(kind: type[Event], on: str, treatment: TaxTreatment, name: str = "X", **terms) -> Event:
    event_id = terms.pop("event_id", kind.__name__)
    return kind(
        event_id=event_id,
        on=date.fromisoformat(on),
        security_id=name,
        tax_treatment=treatment,
        source=SOURCE,
        **terms,
    )


def split(on: str, new_per_old: object, name: str = "X", **terms) -> Event:
    kind = ev.Split if Fraction(new_per_old) > 1 else ev.ReverseSplit
    return action(kind, on, SPLIT, name, new_per_old=new_per_old, **terms)


def spin_off(on: str, new_per_old: object, spun: str = "Y", name: str = "X", treatment=FREE, **terms) -> Event:
    return action(ev.SpinOff, on, treatment, name, spun_security_id=spun, new_per_old=new_per_old, **terms)


def cash_in_lieu(on: str, usd: object, name: str = "X", account: str = "A", shares: object = None) -> Event:
    return ev.CashInLieu(
        event_id=f"cash for {name} {on}",
        on=date.fromisoformat(on),
        account_id=account,
        security_id=name,
        amount_usd=usd,
        shares=shares,
    )


def books(*events: Event, as_of: date = LATER, **settings) -> Books:
    """Replay the events; account A is open unless they open accounts themselves."""
    opens = [e for e in events if isinstance(e, ev.OpenAccount)]
    return replay([*events] if opens else [opened(), *events], as_of=as_of, **settings)


def lots(of: Books, name: str = "X", account: str = "A") -> dict[str, tuple[Fraction, Fraction | None]]:
    """Shares and basis by lot id."""
    return {b.lot.lot_id: (b.lot.shares, b.lot.basis_total_usd) for b in of.lots_of(account, name)}


def total(of: Books, name: str = "X", account: str = "A") -> tuple[Fraction, Fraction]:
    """Shares and basis of a holding."""
    held = lots(of, name, account).values()
    return sum((s for s, _ in held), Fraction(0)), sum((b for _, b in held), Fraction(0))


def gains(of: Books) -> list[Fraction]:
    return [r.recognized_usd for r in of.realized]


def about(of: Books, what: str) -> list[str]:
    return [n.security_id for n in of.notices if n.about == what]


def cents(*parts: Fraction) -> list[Decimal]:
    return cents_of_parts(list(parts))


LOT = bought("L", 100, "1000")


UNKNOWN = ev.TransferIn(
    event_id="U",
    on=date(2015, 7, 1),
    account_id="A",
    security_id="X",
    shares=10,
    basis_total_usd=None,
    acquired=None,
)


VALUES = {"value_per_old_usd": "30", "value_per_new_usd": "40"}


def states(found: Books) -> dict[str, LotState]:
    return {b.lot.lot_id: b.lot.state for b in found.lots}


def to_stock(treatment=FREE, on: str = "2016-01-04", **terms) -> ev.StockMerger:
    given = {"new_security_id": "Y", "new_per_old": 2, **terms}
    return action(ev.StockMerger, on, treatment, **given)


def mixed(treatment=BOOT, **terms) -> ev.MixedMerger:
    given = {"new_security_id": "Y", "new_per_old": 1, "cash_per_share_usd": 5, "value_per_new_usd": 8, **terms}
    return action(ev.MixedMerger, "2016-01-04", treatment, **given)
