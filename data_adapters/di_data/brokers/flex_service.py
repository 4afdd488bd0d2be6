"""Interactive Brokers' Flex web service: ask for a statement, wait, fetch it.

Problem: the first answer is a reference, the second "try again" until the statement is made, and both come
with status 200; the token opens the account's data. Decision: SendRequest, then GetStatement through
`following`, with the waits that an open-source client uses (5 s where it is being made or the server is busy,
10 s where too many requests came), at most so many times; other codes are typed errors. The address of the
second step is ours, never the one in the answer. Bodies are never stored. Limits: as documented, never
verified live; a statement is of the last business day unless the query says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, Final

from di_advisor.domain.broker_statements import BrokerStatement
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceRefusedError, SourceUnavailableError
from di_data.brokers.flex_days import FlexDays
from di_data.brokers.ibkr_flex import flex_statement
from di_data.flex_document import flex_root
from di_data.frame.adapter import Adapter, KeyPlace, RateLimit, SourceFacts
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import content_error, text_of

__all__ = ["FlexWebService"]

_ADDRESS: Final = "https://ndcdyn.interactivebrokers.com/AccountManagement/FlexWebService/"
_VERSION: Final = "3"
_AGENT: Final = "Java"  # the service refuses requests without an agent that it knows
_MOST_TRIES: Final = 24
_BUSY, _THROTTLED = timedelta(seconds=5), timedelta(seconds=10)
_WAITS: Final = {
    **dict.fromkeys(("1004", "1005", "1006", "1007", "1008", "1009", "1019", "1021"), _BUSY),
    "1018": _THROTTLED,
}
_REFUSALS: Final = {
    "1010": "Make an Activity Flex query; legacy queries are no longer supported.",
    "1011": "Switch the Flex web service on in the account's settings.",
    "1012": "The token has expired: make a new one in the account's settings, and give it as IBKR_FLEX_TOKEN.",
    "1013": "The token is bound to another internet address: change that in the account's settings.",
    "1014": "Check the number of the query (option query_id), as the account's settings list it.",
    "1015": "The token is wrong: copy it again, and give it as IBKR_FLEX_TOKEN.",
    "1016": "Check the account of the query.",
}
_ANSWER: Final = "FlexStatementResponse"


class FlexWebService(Adapter[BrokerStatement]):
    """Statements with lots and cash of a Flex query, by its number (option ``query_id``)."""

    facts: ClassVar[SourceFacts] = SourceFacts(
        name="ibkr_flex",
        title="lots and cash of your accounts at Interactive Brokers",
        provider="Interactive Brokers",
        hosts=("ndcdyn.interactivebrokers.com", "gdcdyn.interactivebrokers.com"),
        licence="your own account data",
        documentation="https://www.interactivebrokers.com/campus/ibkr-api-page/flex-web-service/",
        limits=(RateLimit(1, timedelta(seconds=1)), RateLimit(10, timedelta(minutes=1))),
        keeps_for=timedelta(0),
        key=KeyPlace("IBKR_FLEX_TOKEN", parameter="t"),
        accepts=Content.XML,
        options=("query_id",),
        never_stored=True,
        read_seconds=60.0,
    )

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """Ask for a statement; days and subjects are set in the query at the broker, and refused here.

        Raises
        ------
        InputError
            If no number of a query is given, or days or subjects are.
        """
        number = query.options.get("query_id", "").strip()
        if not (number.isascii() and number.isdigit()):
            raise InputError(
                "The Flex query has no number.",
                hint="Give it as the option query_id; the account's settings list it beside the query's name.",
            )
        if query.subjects or query.start or query.end or query.as_of:
            raise InputError(
                "A Flex query has its accounts and days in its own settings.", hint="Leave out subjects and days."
            )
        return (self._request("SendRequest", number, tries=0),)

    def parse(self, body: bytes, received: Received) -> Sequence[BrokerStatement]:
        """The statement; nothing of a step on the way to it.

        Raises
        ------
        SourceContentError
            If it is neither a statement with lots nor a documented answer.
        SourceRefusedError
            If the service says no for good: token, address, query.
        SourceUnavailableError
            If it was asked to try again too many times.
        """
        answer = self._answer(body, received)
        if answer is not None:
            self._refuse(*answer, received)
            return ()
        text = text_of(body, received)
        days = FlexDays(received.source)
        return (flex_statement(text, received.source, days, provenance=received.provenance),)

    def following(self, body: bytes, received: Received) -> Sequence[Request]:
        """After a reference, fetch; after "try again", wait and ask the same once more; after a statement, nothing."""
        answer = self._answer(body, received)
        if answer is None:
            return ()
        code, reference = answer
        tries = int(received.context.get("tries", "0")) + 1
        if not code:
            return (self._request("GetStatement", reference, tries=tries),)
        return (
            replace(
                received.request,
                wait=_WAITS[code],
                context={"tries": str(tries)},
                label=f"try {tries} of {_MOST_TRIES}, after code {code}",
            ),
        )

    def _request(self, step: str, number: str, *, tries: int) -> Request:
        return Request(
            f"{_ADDRESS}{step}",
            Content.XML,
            parameters=(("v", _VERSION), ("q", number)),
            headers={"User-Agent": _AGENT},
            label=f"Flex {step}",
            context={"tries": str(tries)},
        )

    def _answer(self, body: bytes, received: Received) -> tuple[str, str] | None:
        """Code of a step's answer (empty where it succeeded) and its reference or message; None of a statement."""
        root = flex_root(text_of(body, received), received.source)
        if root.tag != _ANSWER:
            return None
        code, reference = (root.findtext("ErrorCode") or "").strip(), (root.findtext("ReferenceCode") or "").strip()
        if code:
            return code, (root.findtext("ErrorMessage") or "").strip()
        if (root.findtext("Status") or "").strip() != "Success" or not reference.isalnum():
            raise content_error(
                received, "the answer has neither Status Success with a ReferenceCode nor an ErrorCode."
            )
        return "", reference

    def _refuse(self, code: str, told: str, received: Received) -> None:
        what = f"{self.facts.provider}, {received.source}: code {code}, {told}"
        facts = {"source": self.facts.name, "address": received.source, "code": code}
        if code in _REFUSALS:
            raise SourceRefusedError(what, hint=_REFUSALS[code], **facts)
        if code and code not in _WAITS:
            raise SourceRefusedError(what, hint="Look the code up in the documentation of the service.", **facts)
        if code and int(received.context.get("tries", "0")) >= _MOST_TRIES:
            raise SourceUnavailableError(
                f"{what} (asked {_MOST_TRIES} times)", hint="Ask again later, or fetch the statement by hand.", **facts
            )
