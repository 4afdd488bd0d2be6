"""A client as text and back: equal whatever was wished, complete, and wrong in words that help."""

import re
from dataclasses import fields
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import EsgWish, Pathway, Uncovered
from di_advisor.domain.exclusions import Condition, Exclusion, GlidePath, Operator
from di_advisor.domain.group_bands import GroupBand, GroupKind, MeasuredAs
from di_advisor.domain.mandate import Band, Mandate, NameBand, Rounding, TradingMode, WashPolicy
from di_advisor.domain.mandate_text import mandate_from_toml, mandate_template, mandate_toml
from di_advisor.domain.record_data import kinds_of
from di_advisor.domain.record_docs import meanings_of, records_in
from di_advisor.domain.taxes import ConstantRates, FilingStatus, TaxProfile
from di_advisor.domain.toml_text import read_toml, toml_of
from di_advisor.errors import InputError, OwnWishError
from di_advisor.formulate.client_file import (
    ClientFile,
    OwnNames,
    client_from_toml,
    client_template,
    client_toml,
)
from di_advisor.formulate.schedule_d import FilerTax
from di_advisor.ledger.tax_return import CarryoverValue, ReturnInputs, ReturnPolicies
from di_advisor.testing.random_filers import random_carryover_value, random_return

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
FRACTIONS = st.floats(0.0, 0.9, allow_nan=False)
EXACTS = st.one_of(
    st.decimals(0, 10**9, allow_nan=False, places=2), st.fractions(0, 1000, max_denominator=999), st.integers(0, 10**9)
)
BANDS = st.tuples(st.floats(-1, 0), st.floats(0, 1)).map(lambda pair: Band(*pair))
PATHWAYS = st.builds(Pathway, st.floats(0.1, 1e6), st.dates(date(2015, 1, 1), date(2026, 1, 1)), FRACTIONS)
ESG = st.builds(
    EsgWish,
    NAMES,
    usd_per_point=st.floats(0.1, 1e6),
    uplift_min=st.none() | st.floats(0.01, 2),
    direction=st.none() | st.sampled_from(Direction),
    floor=st.none() | st.floats(-100, 100),
    pathway=st.none() | PATHWAYS,
    uncovered=st.sampled_from(Uncovered),
    unit=st.just("") | NAMES,
)
GLIDES = st.builds(
    GlidePath,
    st.lists(st.dates(), min_size=1, max_size=3, unique=True).map(
        lambda days: tuple((day, 1.0 / (i + 1)) for i, day in enumerate(sorted(days)))
    ),
    start_weight=st.dictionaries(NAMES, FRACTIONS, max_size=2),
)
EXCLUSIONS = st.builds(
    Exclusion,
    NAMES,
    security_ids=st.frozensets(NAMES, min_size=1, max_size=3),
    labels=st.frozensets(NAMES, max_size=2),
    conditions=st.lists(st.builds(Condition, NAMES, FRACTIONS, st.sampled_from(Operator)), max_size=2).map(tuple),
    source=NAMES,
    as_of=st.none() | st.dates(),
    proxy=st.booleans(),
    glide=st.none() | GLIDES,
)
GROUP_BANDS = st.builds(
    GroupBand,
    st.sampled_from(GroupKind),
    NAMES,
    FRACTIONS,
    st.floats(1, 5) | st.just(float("inf")),
    st.sampled_from(MeasuredAs),
)
WISHES: dict[str, st.SearchStrategy[Any]] = {
    "risk_aversion": st.floats(0, 1e6) | st.integers(0, 100),
    "tracking_error_max": st.none() | st.floats(1e-4, 0.5),
    "name_band": st.builds(NameBand, FRACTIONS, st.floats(1, 9) | st.just(float("inf")), FRACTIONS),
    "sector_band": st.none() | BANDS,
    "country_band": st.none() | BANDS,
    "industry_band": st.none() | BANDS,
    "factor_bands": st.dictionaries(NAMES, BANDS, max_size=2),
    "cash_min": st.floats(0, 0.01),
    "cash_max": st.floats(0.2, 1.0),
    "min_trade_usd": EXACTS,
    "max_trade_usd": st.none() | EXACTS.map(lambda x: x + 10**10),
    "min_trade_weight": FRACTIONS,
    "rounding": st.sampled_from(Rounding),
    "share_decimals": st.integers(0, 9),
    "do_not_buy": st.frozensets(NAMES, max_size=3),
    "do_not_sell": st.frozensets(NAMES, max_size=3),
    "do_not_hold": st.frozensets(NAMES, max_size=3),
    "min_holding_days": st.integers(0, 400),
    "wash_policy": st.sampled_from(WashPolicy),
    "wash_deferral_years": st.floats(0, 60),
    "discount_rate_per_year": FRACTIONS,
    "replacements": st.dictionaries(NAMES.map(lambda k: f"from {k}"), st.tuples(NAMES), max_size=2),
    "replacement_width": FRACTIONS,
    "mode": st.sampled_from(TradingMode),
    "turnover_max": st.none() | FRACTIONS,
    "gain_budget_usd": st.none() | EXACTS | st.decimals(-1000, 0, places=2),
    "tax_budget_usd": st.none() | EXACTS,
    "participation_max": st.none() | st.floats(0.01, 1),
    "max_names": st.none() | st.integers(1, 999),
    "max_trades": st.none() | st.integers(0, 999),
    "withdrawal_usd": EXACTS,
    "benefit_min_usd": EXACTS,
    "cash_drag_per_year": FRACTIONS,
    "esg": st.lists(ESG, max_size=2, unique_by=lambda w: w.measure).map(tuple),
    "exclusions": st.lists(EXCLUSIONS, max_size=2).map(tuple),
    "group_bands": st.lists(GROUP_BANDS, max_size=2).map(tuple),
    "factor_tilts": st.dictionaries(NAMES, st.floats(-1e6, 1e6), max_size=2),
}
MANDATES = st.fixed_dictionaries({}, optional=WISHES).map(lambda wishes: Mandate(**wishes))


def test_every_wish_there_is_is_drawn_here() -> None:
    assert set(WISHES) == {f.name for f in fields(Mandate)}


@settings(max_examples=150, deadline=None)
@given(MANDATES)
def test_a_mandate_written_and_read_is_equal(mandate: Mandate) -> None:
    assert mandate_from_toml(mandate_toml(mandate)) == mandate
    assert client_from_toml(client_toml(ClientFile(mandate))).mandate == mandate


@pytest.mark.parametrize("seed", range(12))
def test_a_taxpayer_written_and_read_is_equal(seed: int) -> None:
    g = np.random.default_rng(seed)
    inputs = random_return(g, 2026)
    filer = FilerTax(inputs, ReturnPolicies() if seed % 2 else None, random_carryover_value(g))
    profile = TaxProfile(ConstantRates(0.4, 0.2), FilingStatus.MARRIED_JOINT, 2026, Decimal("1e3"), Fraction(1, 3))
    for taxpayer in (inputs, filer, profile):
        client = ClientFile(taxpayer=taxpayer, own=OwnNames(("a:b",), ("c.d:e.f",)))
        assert client_from_toml(client_toml(client)) == client


def test_the_template_has_every_field_with_its_meaning_and_leaves_everything_as_it_is() -> None:
    text = client_template()
    assert client_from_toml(text) == ClientFile()
    assert mandate_from_toml(mandate_template()) == Mandate()
    for kind in (Mandate, TaxProfile, ReturnInputs, FilerTax, OwnNames):
        for record in _all_records(kind):
            for name in kinds_of(record):
                assert meanings_of(record).get(name), f"{record.__name__}.{name} has no meaning in its docstring"
                assert re.search(rf"^#\s+{name} =", text, re.MULTILINE), name


def _all_records(kind: type) -> list[type]:
    found = [kind]
    for _, hint in kinds_of(kind).values():
        for inner in records_in(hint):
            found += _all_records(inner)
    return found


def test_every_line_of_the_template_with_a_default_may_be_uncommented() -> None:
    plain = "\n".join(
        line.removeprefix("# ")
        for line in mandate_template().splitlines()
        if line.startswith("[") or re.match(r"# [a-z_]+ = \S", line)
    )
    assert mandate_from_toml(plain) == Mandate()
    assert plain.count(" = ") > 15


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[mandate]\nrisk_aversoin = 3", "mandate.risk_aversoin", "Did you mean risk_aversion?"),
        ("[mandate]\nrisk_aversion = 'much'", "mandate.risk_aversion", "Give a number"),
        ("[mandate]\nmode = 'gamble'", "mandate.mode", '"buy_only"'),
        ("[mandate]\ncash_max = 2.5", "mandate", "cash_max is 2.5"),
        ("[mandate]\ndo_not_buy = 'AAA'", "mandate.do_not_buy", "a list, each a text"),
        ("[mandate]\nmax_names = 2.5", "mandate.max_names", "a whole number"),
        ("[mandate]\nmin_trade_usd = true", "mandate.min_trade_usd", "an exact amount"),
        ("[[mandate.esg]]\nuplift_min = 0.1", "mandate.esg[0].measure", "is missing"),
        ("[mandate]\nsector_band = {lower = -0.1}", "mandate.sector_band.upper", "is missing"),
        ("[[mandate.exclusions]]\nscreen = 'x'\nglide = {steps = [[1, 2]]}", "mandate.exclusions[0].glide", "a date"),
        ("[mandates]", "mandates", "[mandate], [taxpayer], [own]"),
        ("[taxpayer]\nkind = 'rich'", "taxpayer.kind", '"constant_rates", "return", "filer"'),
        ("[taxpayer]\nkind = 'return'", "taxpayer.tax_year", "is missing"),
        ("[taxpayer]\nkind = 'return'\ntax_year = 2026\nfiling_status = 'two'", "taxpayer.filing_status", '"single"'),
        ("[taxpayer]\nkind = 'return'\ntax_year = 2026\ncarryover_short_usd = -5", "taxpayer", "positive amount"),
        ("[mandate]\nx = ", "", "is no TOML"),
    ],
)
def test_what_is_wrong_names_the_file_the_key_and_what_is_allowed(text: str, key: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        client_from_toml(text, "client.toml")
    assert str(caught.value).startswith("client.toml")
    assert words in str(caught.value)
    assert caught.value.facts["file"] == "client.toml"
    assert str(caught.value.facts.get("key", "")).startswith(key)


def test_own_terms_are_named_and_only_imported_when_asked() -> None:
    client = client_from_toml('[own]\nterms = ["no.such.module:Term"]')
    assert client.own.terms == ("no.such.module:Term",)
    with pytest.raises(OwnWishError, match="could not be imported"):
        client.own.loaded()
    with pytest.raises(OwnWishError, match="does not name"):
        OwnNames(("__import__('os')",)).loaded()


def test_texts_with_quotes_lines_and_odd_letters_come_back() -> None:
    odd = 'a "b" \\ \n\t\x7f \x00 é 漢 #]'
    assert read_toml(toml_of({"t": {odd: odd, "list": [{"k": [odd]}]}}), "x") == {
        "t": {odd: odd, "list": [{"k": [odd]}]}
    }


def test_a_carryover_s_value_is_exact() -> None:
    value = CarryoverValue(Fraction(1, 3), Decimal("0.05"))
    client = ClientFile(taxpayer=FilerTax(ReturnInputs(tax_year=2026), carryover_value=value))
    assert client_from_toml(client_toml(client)).taxpayer == client.taxpayer
