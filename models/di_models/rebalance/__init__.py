"""What rebalancing an account now is worth against waiting, learned from rollouts."""

from di_models.rebalance.model import LearnedRebalanceValue

__all__ = ["LearnedRebalanceValue"]
