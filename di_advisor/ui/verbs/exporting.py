"""Exporting: proposed trades as files for a broker, into a folder that is told; nothing is overwritten unasked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from di_advisor.report.baskets import basket_texts, fractions_left_out, refuse_existing
from di_advisor.report.csv_export import trades_csv
from di_advisor.report.output_files import write_text
from di_advisor.ui.desk import Desk, Say

__all__ = ["export_orders"]

_TRADES: Final = "trades.csv"


def export_orders(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Write the orders of a proposal.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``; ``folder``; ``basket``, whether a basket of Interactive Brokers with the lots to close goes
        with the trades; ``accepted``, whether only trades in accepted names are written; ``replace``, whether
        files that are there are overwritten.
    say : Say
        Told the phase.

    Returns
    -------
    dict
        ``files`` (paths), ``trades`` (how many), ``notes`` (what no order holds).

    Raises
    ------
    InputError
        If a file is there already, a ticker is no plain symbol, or the folder cannot be written to.
    """
    spec = request["spec"]
    proposal = desk.propose(spec, say)
    if request.get("accepted"):
        kept = tuple(t for t in proposal.trade_list if t.security_id in spec.decisions.accepted)
        proposal = replace(proposal, trade_list=kept)
    say.phase("Writing files")
    texts = {_TRADES: trades_csv(proposal)}
    if request.get("basket"):
        texts |= basket_texts(proposal)
    folder = Path(request["folder"])
    if not request.get("replace"):
        refuse_existing(folder, *texts)
    written = [str(write_text(folder, name, text)) for name, text in texts.items()]
    notes = fractions_left_out(proposal) if request.get("basket") else ()
    return {"files": tuple(written), "trades": len(proposal.trade_list), "notes": notes}
