"""Replay of the advisor over dated snapshots: what a policy would have done to an account, after tax and cost."""
