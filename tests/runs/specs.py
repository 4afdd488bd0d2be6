"""Specs drawn at random, for tests of how they are written."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from di_advisor.domain.esg_wishes import EsgWish
from di_advisor.domain.kept_trades import KeptTrade
from di_advisor.domain.mandate import Band, Mandate, NameBand, TradingMode
from di_advisor.domain.portfolio import Side
from di_advisor.runs import Decisions, FileSource, Models, RunSpec, SampleSource

names = st.text(min_size=1, max_size=12)
amounts = st.decimals("0.0001", 10_000, places=4)
sold = st.dictionaries(names, amounts, min_size=1, max_size=3)
kept = st.one_of(
    st.builds(KeptTrade, st.just(Side.BUY), amounts),
    sold.map(lambda lots: KeptTrade(Side.SELL, sum(lots.values(), Decimal(0)), lots)),
)
decisions = st.builds(
    Decisions,
    rejected=st.dictionaries(names, st.sampled_from(Side), max_size=3),
    locked=st.dictionaries(names, kept, max_size=3),
    accepted=st.frozensets(names, max_size=3),
)
mandates = st.builds(
    Mandate,
    tracking_error_max=st.none() | st.floats(0.0001, 0.5),
    min_trade_usd=st.decimals(0, 10_000, places=2),
    sector_band=st.none() | st.builds(Band.within, st.floats(0, 0.2)),
    name_band=st.builds(NameBand, upper_multiple=st.floats(1, 9) | st.just(float("inf"))),
    factor_bands=st.dictionaries(names, st.builds(Band.within, st.floats(0, 1)), max_size=2),
    do_not_buy=st.frozensets(names, max_size=3),
    mode=st.sampled_from([TradingMode.REBALANCE, TradingMode.BUY_ONLY]),
    esg=st.lists(st.builds(EsgWish, names, uplift_min=st.floats(0.01, 0.5)), max_size=1).map(tuple),
)
sources = st.builds(SampleSource, st.integers(0, 99)) | st.builds(
    FileSource,
    lots=names.map(lambda n: Path("lots") / n.replace("\0", "0")),
    prices=st.just(Path("prices.csv")),
    index=st.just(Path("index.csv")),
    as_of=st.dates(date(2000, 1, 1)),
    cash_usd=st.decimals(0, 10_000, places=2),
    notation=st.dictionaries(names, names, max_size=2),
)
models = st.builds(Models, harvest=st.sampled_from(["", "program", "learned"]), review_days=st.integers(1, 400))
specs = st.builds(RunSpec, sources, names, mandates, models=models, decisions=decisions)
