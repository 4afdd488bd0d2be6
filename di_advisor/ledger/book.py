"""The book: everything the ledger knows while a journal is replayed.

Problem: trades, corporate actions and wash sales all change the same lots. Decision: one object
owns the parts and offers the few moves there are (put, take, sell, leave, rescale), each of which
keeps shares and basis; whoever applies an event uses these and nothing else. Limits: lives only
inside a replay; readers get `Books`.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from di_advisor.domain.amounts import show_exact
from di_advisor.domain.events import Event
from di_advisor.domain.portfolio import AccountKind
from di_advisor.errors import InputError
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.parts import HeldBefore, Part, Purchase, RealizedKind
from di_advisor.ledger.policies import LedgerPolicies, PartOrder
from di_advisor.ledger.realized import Identification, Income, Notice
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS
from di_advisor.ledger.wash_sales import WashSales

__all__ = ["Book"]


class Book:
    """Accounts, parts and what came of them, while events are applied in order.

    Parameters
    ----------
    policies : LedgerPolicies
        How the law is read where it is silent.
    groups : IdenticalGroups
        What counts as substantially identical.

    Attributes
    ----------
    accounts : dict of str to AccountKind
        Accounts seen, by id.
    reinvesting : set of str
        Accounts whose dividends buy shares.
    realized : list of Part
        Sold parts; their ``sale_rank`` and ``match_rank`` give the order.
    left : list of Part
        Parts that went away without a sale.
    income, identifications : list
        As in `Books`.
    notices : dict of Notice to None
        As in `Books`, in order, each once.
    cash_usd : dict of str to Fraction
        By account; starts at zero.
    fractions : dict of (str, str) to Fraction
        By account and security: fractions of a share due from an action, not paid in cash yet.
    fraction_roots : dict of (str, str) to set of str
        The lots that such a fraction is part of.
    actions : dict of tuple to Event
        Corporate actions that were applied, by what makes two reports of one the same.
    delisted : set of str
        Securities no longer listed.
    tickers : dict of str to str
        Last ticker of a security whose ticker changed.
    """

    def __init__(self, policies: LedgerPolicies, groups: IdenticalGroups) -> None:
        self.policies = policies
        self.groups = groups
        self.accounts: dict[str, AccountKind] = {}
        self.reinvesting: set[str] = set()
        self.realized: list[Part] = []
        self.left: list[Part] = []
        self.income: list[Income] = []
        self.notices: dict[Notice, None] = {}
        self.identifications: list[Identification] = []
        self.cash_usd: dict[str, Fraction] = {}
        self.fractions: dict[tuple[str, str], Fraction] = {}
        self.fraction_roots: dict[tuple[str, str], set[str]] = {}
        self.actions: dict[tuple[str, ...], Event] = {}
        self.delisted: set[str] = set()
        self.tickers: dict[str, str] = {}
        self.wash = WashSales(policies, groups, self._kind_of, self.split)
        self._lots: dict[str, dict[str, list[Part]]] = {}
        self._roots: dict[tuple[str, str], int] = {}
        self._sales = 0

    # --- accounts and cash ---------------------------------------------------------------------------------------

    def open_account(self, account_id: str, kind: AccountKind) -> None:
        """An account is seen from now on; opening it again with another kind is an error."""
        known = self.accounts.setdefault(account_id, kind)
        if known is not kind:
            raise InputError(
                f"Account {account_id} is {known.value}, and is opened again as {kind.value}.",
                hint="Correct the event that is wrong; the kind of an account does not change.",
                account_id=account_id,
            )

    def _kind_of(self, account_id: str) -> AccountKind:
        return self.accounts[account_id]

    def taxed(self, account_id: str) -> bool:
        """Whether gains and losses of an account count."""
        return self.accounts[account_id] not in RETIREMENT_KINDS

    def pay(self, account_id: str, amount_usd: Fraction) -> None:
        """Add cash to an account, or take it away where negative."""
        self.cash_usd[account_id] = self.cash_usd.get(account_id, Fraction(0)) + amount_usd

    # --- parts ---------------------------------------------------------------------------------------------------

    def order_of(self, part: Part) -> tuple[int, int, str, int, str]:
        """Place of an open part among the lots of its account and security: first in, first out."""
        held = part.held_since.toordinal() if part.held_since else 0
        sign = 1 if self.policies.part_order is PartOrder.TACKED_FIRST else -1
        # A date that is not known comes first, as brokers must take it (26 CFR 1.6045-1(d)(2)).
        acquired = part.acquired.toordinal() if part.acquired else 0
        return (acquired, *part.purchase.order, sign * held, part.lot_id)

    def lots(self, account_id: str, security_id: str) -> Sequence[Part]:
        """Open parts of one account and security, first in first; a copy, safe while parts move."""
        return tuple(self._lots.get(security_id, {}).get(account_id, ()))

    def holders(self, security_id: str) -> tuple[str, ...]:
        """Accounts that hold a security, in the order of their names."""
        return tuple(sorted(a for a, parts in self._lots.get(security_id, {}).items() if parts))

    def open_parts(self) -> list[Part]:
        """All open parts, by account, security, and order."""
        held = [(a, s) for s, of in self._lots.items() for a, parts in of.items() if parts]
        return [part for account_id, security_id in sorted(held) for part in self._lots[security_id][account_id]]

    def put(self, part: Part) -> None:
        """Take an open part into the book; its lot id must be new in its account unless it is its root's."""
        parts = self._lots.setdefault(part.security_id, {}).setdefault(part.account_id, [])
        insort(parts, part, key=self.order_of)

    def receive(self, part: Part) -> None:
        """Take in a new lot: an id that the account has seen is an error; a purchase may wash an earlier loss.

        Raises
        ------
        InputError
            If the lot id is taken, or the account was never opened.
        """
        self.require_account(part.account_id)
        if (part.account_id, part.root_id) in self._roots:
            raise InputError(
                f"Lot id {part.root_id} is taken in account {part.account_id}.",
                hint="Give the new lot an id of its own; an id is never used again, also after the lot is sold.",
                lot_id=part.root_id,
            )
        self._roots[part.account_id, part.root_id] = 0
        if part not in part.purchase.parts:
            part.purchase.parts.append(part)
        self.put(part)
        if part.purchase.bought_on is not None:
            self.wash.bought(part)

    def restore(self, part: Part, number: int) -> None:
        """Take in a part of earlier books, open or sold, as it was left; nothing is matched again.

        Parameters
        ----------
        part : Part
            With its purchase; the purchase's list of parts is kept up here.
        number : int
            Of the last piece that was split off its lot.
        """
        key = (part.account_id, part.root_id)
        self._roots[key] = max(self._roots.get(key, 0), number)
        self._sales = max(self._sales, part.sale_rank)
        part.purchase.parts.append(part)
        if part.open:
            self.put(part)
        else:
            (self.realized if part.sold is not None else self.left).append(part)
        self.wash.restore(part)

    def require_account(self, account_id: str) -> None:
        """Refuse an account that was never opened."""
        if account_id not in self.accounts:
            raise InputError(
                f"Account {account_id!r} was never opened.",
                hint=f"Record an OpenAccount event first; open are: {', '.join(sorted(self.accounts)) or 'none'}.",
                account_id=account_id,
            )

    def split(self, part: Part, shares: Fraction) -> Part:
        """Split shares off a part, open or sold; the new part is a lot of its own if it is open.

        All parts of one root stay recognisable: ``L1`` falls into ``L1`` and ``L1~1``.
        """
        if shares == part.shares:
            return part
        taken = part.split_off(shares)
        if part.open:
            key = (part.account_id, part.root_id)
            number = self._roots.get(key, 0) + 1
            while (part.account_id, f"{part.root_id}~{number}") in self._roots:
                number += 1
            self._roots[key] = number
            taken.lot_id = f"{part.root_id}~{number}"
            self._roots[part.account_id, taken.lot_id] = 0
            self.put(taken)
        else:
            (self.realized if part.sold is not None else self.left).append(taken)
        return taken

    def close_day(self) -> None:
        """Look at the day's losses and purchases, and put lots whose dates changed where they belong."""
        moved = []
        for part in self.wash.close_day():
            if part.open:
                moved.append(part)
            else:
                self.note(
                    "departed_replacement",
                    f"Lot {part.lot_id} of {part.security_id} left account {part.account_id} on {part.left_on}, and "
                    "replaced shares sold at a loss: its basis and its days are greater than was said when it left. "
                    "Tell who received it.",
                    event_id=part.sale_id,
                    account_id=part.account_id,
                    security_id=part.security_id,
                )
        # All are taken out before the first is put back: between them the order holds.
        for part in moved:
            self._lots[part.security_id][part.account_id].remove(part)
        for part in moved:
            self.put(part)

    def move(self, part: Part, account_id: str) -> None:
        """Move an open part to another account, with its basis, dates and purchase."""
        self.require_account(account_id)
        self._lots[part.security_id][part.account_id].remove(part)
        pieces = self._roots.get((part.account_id, part.root_id), 0)
        if (account_id, part.root_id) in self._roots:
            part.lot_id = part.root_id = f"{part.lot_id}@{part.account_id}"
        part.account_id = account_id
        # Later pieces are numbered on from here, so that no number is given twice.
        self._roots.setdefault((account_id, part.root_id), pieces)
        self.put(part)

    def take(self, part: Part, shares: Fraction) -> Part:
        """Take shares of an open part out of the holdings; what is taken keeps the lot's id."""
        if shares == part.shares:
            self._lots[part.security_id][part.account_id].remove(part)
            return part
        return part.split_off(shares)

    # --- what happens to parts -------------------------------------------------------------------------------------

    def sell(
        self, part: Part, shares: Fraction, proceeds_usd: Fraction, on: date, *, event_id: str, kind: RealizedKind
    ) -> Part:
        """Sell shares of an open part; a loss waits for the end of the day to be looked at.

        Parameters
        ----------
        part : Part
            Open.
        shares : Fraction
            At most what it has.
        proceeds_usd : Fraction
            Net, for these shares.
        on : date
            The day that counts.
        event_id, kind
            What sold it.
        """
        sold = self.take(part, shares)
        sold.sold, sold.sale_id, sold.kind, sold.proceeds_usd = on, event_id, kind, proceeds_usd
        sold.taxed = self.taxed(sold.account_id)
        sold.scale = self.wash.scale(sold.security_id)
        self._sales += 1
        sold.sale_rank = self._sales
        self._choose_gift_basis(sold)
        self.realized.append(sold)
        self.wash.sold(sold)
        return sold

    def _choose_gift_basis(self, sold: Part) -> None:
        """26 USC 1015(a): the donor's basis for a gain, the lower value for a loss, neither in between."""
        if sold.loss_basis_usd is None or sold.basis_usd is None or sold.proceeds_usd >= sold.basis_usd:
            return
        donor_usd = sold.basis_usd
        if sold.proceeds_usd < sold.loss_basis_usd:
            sold.basis_usd, sold.held_since = sold.loss_basis_usd, sold.gift_on
        else:
            sold.basis_usd = sold.proceeds_usd
        sold.given_up_usd = donor_usd - sold.basis_usd

    def gain_without_sale(
        self,
        part: Part,
        proceeds_usd: Fraction,
        basis_usd: Fraction | None,
        on: date,
        *,
        event_id: str,
        kind: RealizedKind,
    ) -> None:
        """Book a gain on an open part of which nothing is sold (return of capital, boot): a piece of zero shares.

        Parameters
        ----------
        part : Part
            Open; its dates give the term. It stays as it is: `rebase` lowers its basis.
        proceeds_usd, basis_usd : Fraction
            What came, and the basis it used up; None where that is not known. Never a loss.
        on : date
            The day that counts.
        event_id, kind
            What made it due.
        """
        self._sales += 1
        # Not among the parts of its purchase: no shares, so it neither replaces nor is replaced.
        self.realized.append(
            replace(
                part,
                shares=Fraction(0),
                basis_usd=basis_usd,
                loss_basis_usd=None,
                proceeds_usd=proceeds_usd,
                sold=on,
                sale_id=event_id,
                kind=kind,
                taxed=self.taxed(part.account_id),
                scale=self.wash.scale(part.security_id),
                sale_rank=self._sales,
                matches=[],
            )
        )

    def rebase(
        self, part: Part, basis_usd: Fraction | None, loss_basis_usd: Fraction | None = None, *, pending: str = ""
    ) -> None:
        """Give an open part another basis; one that is not known says in ``pending`` what it waits for."""
        part.basis_usd, part.loss_basis_usd, part.pending = basis_usd, loss_basis_usd, pending

    def leave(self, part: Part, shares: Fraction, on: date, *, event_id: str) -> Part:
        """Let shares go without a sale (transfer out, gift); they were bought all the same, and can replace others."""
        gone = self.take(part, shares)
        gone.left_on, gone.sale_id = on, event_id
        gone.scale = self.wash.scale(gone.security_id)
        self.left.append(gone)
        return gone

    def rescale(self, security_id: str, new_per_old: Fraction) -> None:
        """Multiply the shares of every open part of a security, basis and dates kept; fractions stay fractions.

        Losses that wait for a replacement are counted in new shares from now on.
        """
        for parts in self._lots.get(security_id, {}).values():
            for part in parts:
                part.shares *= new_per_old
        self.wash.rescale(security_id, new_per_old)

    def become(self, part: Part, security_id: str, shares: Fraction, on: date) -> None:
        """Turn an open part into shares of another name, not a purchase; one group: it stays the purchase it was."""
        self._lots[part.security_id][part.account_id].remove(part)
        if self.groups.key(part.security_id) != self.groups.key(security_id):
            # One that has replaced already may be off the list.
            part.purchase.parts = [p for p in part.purchase.parts if p is not part]
            part.purchase = Purchase(part.purchase.purchase_id, None, part.purchase.order, [part])
        old_per_new = part.shares / shares * self.wash.scale(security_id) / self.wash.scale(part.security_id)
        part.held_before += (HeldBefore(part.account_id, part.security_id, on, old_per_new),)
        part.security_id, part.shares = security_id, shares
        self.put(part)

    # --- notes -----------------------------------------------------------------------------------------------------

    def note(
        self, about: str, sentence: str, *, event_id: str = "", account_id: str = "", security_id: str = ""
    ) -> None:
        """Keep a notice; the same one is kept once."""
        self.notices.setdefault(Notice(about, event_id, account_id, security_id, sentence))

    def settle_note(self, about: str, account_id: str, security_id: str) -> None:
        """Drop notices of one kind on a holding: what they said is no longer so."""
        key = (about, account_id, security_id)
        self.notices = {n: None for n in self.notices if (n.about, n.account_id, n.security_id) != key}

    def no_lots(self, account_id: str, security_id: str, shares: Fraction, held: Fraction, what: str) -> InputError:
        """The error of an event that needs more shares than there are."""
        named = f"{security_id} in account {account_id}"
        if not held:
            sentence = f"{what}: {show_exact(shares)} shares of {named} without lots: none is held."
            hint = "Add an opening lot (TransferIn with its basis and date), or the purchase that is missing."
        else:
            sentence = (
                f"{what}: {show_exact(shares)} shares of {named}, of which {show_exact(held)} are held; "
                f"{show_exact(shares - held)} are missing."
            )
            hint = "Short positions are not booked: add the purchase that is missing, or correct the shares."
        return InputError(sentence, hint=hint, account_id=account_id, security_id=security_id, missing=shares - held)
