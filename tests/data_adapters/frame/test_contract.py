"""The contract battery, on the adapter of the README and on one with pages and a key in the address."""

from di_advisor.domain.source_query import SourceQuery
from tests.data_adapters.contract import AdapterContract, Case
from tests.data_adapters.frame.example import GOOD, QUERY, block, taught
from tests.data_adapters.frame.pages import PAGES, Never, Weights


class TestExampleContract(AdapterContract):
    case = Case(taught().ExamplePrices(), QUERY, bodies=(GOOD,), required=("date", "close"), records=2)


class TestContractOfPages(AdapterContract):
    case = Case(
        Weights(),
        SourceQuery(),
        bodies=PAGES,
        required=("ticker", "weight"),
        records=4,
        other_scale=(b"ticker,weight\nC,25\nD,25\n",),
    )


class TestContractOfWhatIsNeverStored(AdapterContract):
    case = Case(Never(), SourceQuery(), PAGES, ("ticker", "weight"), records=4)


def test_the_example_has_about_thirty_lines():
    written = block().split("class ExamplePrices")[1].splitlines()
    assert len([line for line in written if line.strip()]) <= 32
