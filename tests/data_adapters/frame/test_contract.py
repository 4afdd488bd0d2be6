"""The contract battery, on the adapter of the README and on one with pages and a key in the address."""

from datetime import date, timedelta

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_data.frame.adapter import Adapter, KeyPlace, RateLimit, SourceFacts
from di_data.frame.exchange import Content, Request
from di_data.frame.guards import refuse_other_columns, refuse_weights, text_of
from tests.data_adapters.contract import AdapterContract, Case
from tests.data_adapters.frame.example import GOOD, block, taught

QUERY = SourceQuery(
    subjects=(Identifier(IdentifierScheme.TICKER, "AAPL"),), start=date(2024, 1, 2), end=date(2024, 1, 3)
)


class TestExampleContract(AdapterContract):
    case = Case(taught().ExamplePrices(), QUERY, bodies=(GOOD,), required=("date", "close"), records=2)


class Weights(Adapter[tuple[str, float]]):
    """Weights in pages of CSV, with the key in the address."""

    facts = SourceFacts(
        name="weights",
        title="Weights",
        provider="Pages",
        hosts=("data.example.org",),
        licence="none",
        documentation="https://data.example.org/help",
        limits=(RateLimit(10, timedelta(seconds=1)),),
        key=KeyPlace("PAGES_KEY", parameter="token"),
    )

    def plan(self, query):
        del query
        return [Request("https://data.example.org/weights", Content.CSV, (("page", "1"),), context={"page": "1"})]

    def parse(self, body, received):
        head, *rows = [line.split(",") for line in text_of(body, received).splitlines() if line.strip()]
        refuse_other_columns(head, ("ticker", "weight"), received)
        made = [(row[head.index("ticker")], float(row[head.index("weight")])) for row in rows]
        refuse_weights(sum(weight for _, weight in made) * 2, received)
        return made

    def following(self, body, received):
        del body
        if received.context["page"] == "2":
            return ()
        return [Request("https://data.example.org/weights", Content.CSV, (("page", "2"),), context={"page": "2"})]


class TestContractOfPages(AdapterContract):
    case = Case(
        Weights(),
        SourceQuery(),
        bodies=(b"ticker,weight\nA,0.3\nB,0.2\n", b"ticker,weight\nC,0.25\nD,0.25\n"),
        required=("ticker", "weight"),
        records=4,
        other_scale=(b"ticker,weight\nC,25\nD,25\n",),
    )


class Never(Weights):
    """The same, with account data."""

    facts = SourceFacts(
        **{
            **{name: getattr(Weights.facts, name) for name in SourceFacts.__dataclass_fields__},
            "name": "never",
            "never_stored": True,
        }
    )


class TestContractOfWhatIsNeverStored(AdapterContract):
    case = Case(Never(), SourceQuery(), TestContractOfPages.case.bodies, ("ticker", "weight"), records=4)


def test_the_example_has_about_thirty_lines():
    written = block().split("class ExamplePrices")[1].splitlines()
    assert len([line for line in written if line.strip()]) <= 32
