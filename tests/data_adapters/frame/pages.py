"""An adapter with pages, a key in the address, and a twin whose answers are never stored."""

from datetime import timedelta

from di_data.frame.adapter import Adapter, KeyPlace, RateLimit, SourceFacts
from di_data.frame.exchange import Content, Request
from di_data.frame.guards import refuse_other_columns, refuse_weights, text_of

PAGES = (b"ticker,weight\nA,0.3\nB,0.2\n", b"ticker,weight\nC,0.25\nD,0.25\n")


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


class Never(Weights):
    """The same, with account data."""

    facts = SourceFacts(
        **{
            **{name: getattr(Weights.facts, name) for name in SourceFacts.__dataclass_fields__},
            "name": "never",
            "never_stored": True,
        }
    )
