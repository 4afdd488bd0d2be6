"""Bad inputs about corporate actions: refused, kept as pending, or applied once, as the published list asks."""

import json
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.action_prices import doubtful_ratio
from di_advisor.domain.events import TaxTreatment
from di_advisor.domain.target import Target
from di_advisor.domain.tickers import Tickers, TickerSpan
from di_advisor.errors import ConflictingEventError, IncompleteDataError, InputError, UnknownSecurityError
from di_advisor.ledger.journal import Journal
from tests.ledger.actions.ledgers import (
    BOOT,
    SOURCE,
    about,
    action,
    books,
    bought,
    cash_in_lieu,
    opened,
    sold,
    spin_off,
    split,
    total,
)  # fmt: skip
from tests.ledger.bad_inputs import Checks, refused

NOW = datetime(2026, 3, 31, 21, tzinfo=UTC)
CHECKS = Checks()
check = CHECKS.of


@check("BI-040")
def _(folder, given):
    from di_advisor.domain.mandate import Mandate
    from di_advisor.signals import estimate_account, estimate_market
    from di_advisor.testing import portfolio
    from tests.signals.small_world import costs, market, risk

    world = market({"IBM": "10.00", "FOX": "10.00"})
    target = Target.single("x", {"IBM": 0.5, given["ticker"]: 0.5}, date(2020, 1, 1))
    signals = estimate_market(world, risk(world.universe), costs(world.universe))
    held = portfolio("L 10 IBM @ 1.00 on 2020-01-02")
    refused(
        f"unknown to the market: {given['ticker']}",
        estimate_account, held, "account", signals, target, Mandate(), error=UnknownSecurityError,
    )  # fmt: skip


@check("BI-041")
def _(folder, given):
    ticker = given["ticker"]
    tickers = Tickers(
        [TickerSpan(ticker, "one", last=date(2020, 2, 28)), TickerSpan(ticker, "other", first=date(2020, 3, 2))]
    )
    assert tickers.security_id(ticker, date(2019, 1, 2)) == "one"
    assert tickers.security_id(ticker, date(2021, 1, 4)) == "other"
    refused("could be one or other", tickers.security_id, ticker, None, error=InputError)


@check("BI-042")
def _(folder, given):
    one, other = (split("2020-06-01", 2, event_id=f"split from {source}") for source in ("vendor", "broker"))
    events = [opened(), bought("L", 10, 100), one, other]
    assert total(books(*events)) == (20, 100)
    journal, report = Journal().append(events, recorded_at=NOW)
    assert len(report.repeated_actions) == 1
    assert total(books(*journal.effective())) == (20, 100)
    third = split("2020-06-01", 3, event_id="split from a third")
    refused("with other terms", journal.append, [third], recorded_at=NOW, error=ConflictingEventError)
    refused("with other terms", books, *events, third, error=ConflictingEventError)


@check("BI-043")
def _(folder, given):
    events = [bought("L", 10, 1000), split("2020-06-01", 2), spin_off("2020-06-01", "1/4", parent_fraction="0.8")]
    forward, backward = books(*events), books(*events[::-1])
    assert forward.digest() == backward.digest()
    # The split comes first: the spin-off gives a quarter share for each of 20.
    assert (total(forward), total(forward, "Y")) == ((20, 800), (5, 200))
    assert "Split" in forward.policies.recorded()["action_order"]


@check("BI-044")
def _(folder, given):
    parts = {"parent_fraction": f"0.{given['parent']}", "spun_fraction": f"0.{given['spinco']}"}
    refused("together 99/100", spin_off, "2020-06-01", 1, **parts, error=InputError)


@check("BI-045")
def _(folder, given):
    events = [bought("L", 10, 1000), spin_off("2020-06-01", 1, parent_fraction=given["percent"])]
    frozen = books(*events)
    assert {b.lot.state.value for b in frozen.lots} == {"basis_pending"}
    assert {b.pending for b in frozen.lots} == {"SpinOff"}
    assert about(frozen, "basis_pending")
    for name in ("X", "Y"):
        (piece,) = books(*events, sold("s", 10, 50, "2021-01-04", name)).realized
        refused("is not known", lambda piece=piece: piece.gain_usd, error=IncompleteDataError)
        (lot,) = frozen.lots_of("A", name)
        refused("pending", lot.lot.basis_of, 1, error=IncompleteDataError)
    values = {"value_per_old_usd": 30, "value_per_new_usd": 10, "by_value": True}
    chosen = books(bought("L", 10, 1000), spin_off("2020-06-01", 1, **values))
    assert (total(chosen)[1], total(chosen, "Y")[1]) == (750, 250)
    assert about(chosen, "basis_by_value")


@check("BI-046")
def _(folder, given):
    for ratio in ("0", "-1/8"):
        for kind in (ev.Split, ev.ReverseSplit):
            refused("more than zero", action, kind, "2021-08-02", TaxTreatment.SPLIT, new_per_old=ratio)
    wrong = split("2021-08-02", given["ratio"].split()[0])
    (sentence,) = doubtful_ratio(wrong, before_usd=12.95, after_usd=103.8)
    assert "the ratio looks inverted: 1/8 would fit" in sentence
    assert doubtful_ratio(split("2021-08-02", "1/8"), before_usd=12.95, after_usd=103.8) == ()


@check("BI-047")
def _(folder, given):
    terms = {
        "new_security_id": "Y", "new_per_old": given["stock"], "cash_per_share_usd": given["cash"],
        "value_per_new_usd": "56",
    }  # fmt: skip
    error = refused("tax_treatment is missing", action, ev.MixedMerger, "2020-06-01", given["tax_treatment"], **terms)
    assert "never inferred" in error.hint
    with pytest.raises(InputError, match="source"):
        ev.MixedMerger(
            event_id="m", on=date(2020, 6, 1), security_id="X", tax_treatment=BOOT, source="", **terms
        )  # fmt: skip


@check("BI-048")
def _(folder, given):
    # 1.34 new shares for one: the fraction of the list.
    event = split("2020-06-01", 1 + Fraction(given["fraction"]), cash_in_lieu_usd=given["cash"])
    kept = books(bought("L", 1, 100), event)
    assert kept.pending_fractions["A", "X"] == Fraction(given["fraction"])
    assert total(kept) == (Fraction("1.34"), 100)
    assert about(kept, "fraction_pending")
    paid = books(bought("L", 1, 100), event, cash_in_lieu("2020-06-10", 40))
    assert not paid.pending_fractions
    assert total(paid)[0] == 1


@check("BI-049")
def _(folder, given):
    held = [opened(), bought("L", 10, 100)]
    event = split("2020-06-01", 2)
    # Ownership before the day decides: who sells on the ex-date sells new shares, who sold before has none.
    on_the_day = books(*held, event, sold("s", 20, 300, "2020-06-01"))
    assert not on_the_day.lots
    refused("10 are missing", books, *held, event, sold("s", 20, 300, "2020-05-29"), error=InputError)
    before = books(*held, event, sold("s", 10, 300, "2020-05-29"))
    assert before.realized[0].gain_usd == on_the_day.realized[0].gain_usd == 200
    spun = books(*held, spin_off("2020-06-01", 1, parent_fraction="0.5"), sold("s", 10, 60, "2020-06-01"))
    assert total(spun, "Y") == (10, 50)
    assert SOURCE


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_bad_input_about_actions_behaves_as_the_list_asks(shared, tmp_path, name):
    listed = {each["id"]: each for each in json.loads((shared / "cases/bad_inputs.json").read_text(encoding="utf-8"))}
    CHECKS[name](tmp_path, listed[name]["input"])
