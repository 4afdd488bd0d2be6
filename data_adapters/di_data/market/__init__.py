"""Market data: prices and corporate actions, index holdings, published factors; each source an adapter."""
