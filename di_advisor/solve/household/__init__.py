"""Many accounts of one household solved together: shared returns, and wash sales matched across accounts."""
