"""The table in the README is the one that the readers go by."""

from di_data.trade_history.column_table import column_table


def test_the_readme_holds_the_columns_and_aliases_as_they_are_read(root):
    assert column_table() in (root / "data_adapters" / "README.md").read_text(encoding="utf-8")
