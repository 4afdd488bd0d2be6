"""What the child process answered, taken into the app's state: a result, a refusal, or an end without either."""

from __future__ import annotations

from typing import Any

from di_advisor.ui.app_state import AppState
from di_advisor.ui.plain import restored

__all__ = ["taken"]


def taken(state: AppState, kind: str, content: Any) -> Any | None:  # noqa: ANN401 what the child answered
    """The content of a result; None for every other end, which the state then says."""
    match kind:
        case "result":
            state.finish()
            return content
        case "cancelled":
            state.cancel()
        case "refused":
            state.refuse(content["what"], content["hint"], restored(content.get("facts")))
        case "died":
            died = f"The process ended by itself (exit code {content}); memory may have run out."
            state.fail(f"{died} Ask again: another starts.")
        case _:
            state.fail(str(content))
    return None
