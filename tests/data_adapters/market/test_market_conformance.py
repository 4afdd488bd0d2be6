"""Market adapters under the conformance kit that third parties use."""

import pytest

from di_data.conformance import Sample, findings
from tests.data_adapters.contract import AdapterContract
from tests.data_adapters.market import test_market_contracts as contracts
from tests.data_adapters.market.market_bodies import FIVE_ROWS, french_text, zipped

CASES = {
    name: each.case
    for name, each in sorted(vars(contracts).items())
    if isinstance(each, type) and issubclass(each, AdapterContract) and each is not AdapterContract
}
MAY_BE_EMPTY = {"TestTiingoContract": ("open", "high", "low", "volume"), "TestFmpDividendsContract": ("paymentDate",)}


@pytest.mark.parametrize("name", CASES)
def test_an_adapter_keeps_its_contract(name):
    case = CASES[name]
    sample = Sample(
        case.query,
        case.bodies[-1],
        case.required,
        may_be_empty=MAY_BE_EMPTY.get(name, ()),
        request=len(case.bodies) - 1,
    )
    assert findings(case.adapter, sample) == ()


def test_the_kit_would_see_a_factor_that_is_missing():
    case = CASES["TestFrenchFactorsContract"]
    sample = Sample(case.query, zipped(french_text(FIVE_ROWS)), ("Mkt-RF", "Gold"))
    assert any("Gold" in each for each in findings(case.adapter, sample))
