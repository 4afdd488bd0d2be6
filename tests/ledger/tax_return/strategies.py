"""Random filers: amounts of every size, and often at a threshold or a cent from one."""

from decimal import Decimal

from hypothesis import strategies as st

from di_advisor.domain.taxes import FilingStatus
from di_advisor.ledger.tax_return import ReturnInputs, StateTax

EDGES = (0, 3_000, 48_475, 49_450, 96_700, 200_000, 250_000, 500_000, 545_500, 626_350, 640_600, 1_252_700)


def cents(low: int, high: int) -> st.SearchStrategy[Decimal]:
    """Amounts from low to high dollars, to the cent, of every size."""
    anywhere = st.decimals(low, high, places=2)
    near = st.builds(
        lambda edge, sign, offset: sign * edge + offset,
        st.sampled_from(EDGES),
        st.sampled_from([1, -1]),
        st.decimals(-1, 1, places=2),
    ).filter(lambda amount: low <= amount <= high)
    small = st.decimals(max(low, -5_000), min(high, 5_000), places=2)
    return st.one_of(anywhere, near, small)


NO_STATE = st.none()
STATES = st.sampled_from(
    [
        None,
        StateTax.at_flat_rates("flat", short_rate="0.085", long_rate="0.05", source="a test"),
        StateTax.at_flat_rates(
            "no carryforward", short_rate="0.0307", long_rate="0.0307", source="a test", carries_losses=False
        ),
        StateTax.on_long_gain_alone(
            "long", [(0, "0.07"), (1_000_000, "0.099")], deduction_usd=270_000, source="a test"
        ),
        StateTax.as_ordinary_income(
            "ordinary", [(0, "0.01"), (50_000, "0.093"), (1_000_000, "0.133")], source="a test"
        ),
        StateTax.as_ordinary_income(
            "ordinary, no carryforward", [(0, "0.05")], deduction_usd=5_000, source="a test", carries_losses=False
        ),
    ]
)


@st.composite
def filers(draw: st.DrawFn, states: st.SearchStrategy = NO_STATE) -> ReturnInputs:
    """Filers of both years and all statuses, itemising or not."""
    itemized = draw(st.none() | cents(0, 200_000))
    return ReturnInputs(
        tax_year=draw(st.sampled_from([2025, 2026])),
        filing_status=draw(st.sampled_from(FilingStatus)),
        ordinary_income_usd=draw(cents(-20_000, 2_000_000)),
        interest_usd=draw(st.just(Decimal(0)) | cents(0, 300_000)),
        nonqualified_dividends_usd=draw(st.just(Decimal(0)) | cents(0, 50_000)),
        qualified_dividends_usd=draw(st.just(Decimal(0)) | cents(0, 300_000)),
        net_short_usd=draw(cents(-1_500_000, 1_500_000)),
        net_long_usd=draw(cents(-1_500_000, 3_000_000)),
        carryover_short_usd=draw(st.just(Decimal(0)) | cents(0, 500_000)),
        carryover_long_usd=draw(st.just(Decimal(0)) | cents(0, 500_000)),
        itemized_usd=itemized,
        itemized_taxes_usd=Decimal(0) if itemized is None else min(itemized, draw(cents(0, 40_000))),
        state=draw(states),
    )
