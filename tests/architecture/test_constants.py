"""Unit conversions stand in one file: elsewhere 1e4, 100 and 252 are somebody's guess at a unit."""

import ast
from pathlib import Path

CONVERSIONS = {10_000, 100, 252}

# (module, line without indentation) -> why the number is not a conversion of units.
ALLOWED = {
    ("data_adapters/di_data/esg/values.py", "HUNDRED_POINTS: Final = (0.0, 100.0)"): "the scale of most ESG scores",
    ("di_advisor/domain/esg_standards.py", "_GRAMS_PER_KWH = 100.0"): "art. 12(1)(g), grams of CO2e per kWh",
    ("di_advisor/propose/lattice_limits.py", "_VARIANCE_PENALTY = 1e4"): "a penalty of the descent, not a unit",
    (
        "di_advisor/solve/matrices.py",
        "SCALE = 100.0",
    ): "brings weights to the size at which PIQP's tolerances mean most",
    (
        "di_advisor/testing/random_filers.py",
        "interest_usd=maybe(0.5, 1e2, 5e4),",
    ): "dollars, the lower end of a random draw",
    (
        "di_advisor/testing/random_filers.py",
        "qualified_dividends_usd=maybe(0.5, 1e2, 1e5),",
    ): "dollars, the lower end of a random draw",
    ("models/di_models/cost/intervals.py", "_ENOUGH = 100"): "a number of orders",
    (
        "di_advisor/testing/random_cases.py",
        "risk_aversion=float(np.exp(g.uniform(np.log(5), np.log(100)))),",
    ): "the upper end of a random draw of a pure number",
}


def conversions(source: str) -> list[tuple[int, str]]:
    """Return line numbers and lines that hold a number which looks like a conversion of units."""
    lines = source.splitlines()
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and is_conversion(node.value):
            found.add(node.lineno)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"Decimal", "Fraction"}
            and any(isinstance(each, ast.Constant) and is_written_conversion(each.value) for each in node.args)
        ):
            found.add(node.lineno)
    return [(number, lines[number - 1].strip()) for number in sorted(found)]


def is_conversion(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value in CONVERSIONS


def is_written_conversion(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in {"100", "10000", "1e4", "252", "1e2"}


def test_only_units_holds_conversions(root: Path, package_modules: list[Path]) -> None:
    units = root / "di_advisor" / "units.py"
    found = [
        f"{path.relative_to(root)}:{number}: {line}"
        for path in package_modules
        if path != units
        for number, line in conversions(path.read_text(encoding="utf-8"))
        if (str(path.relative_to(root)), line) not in ALLOWED
    ]
    assert found == []


def test_every_exception_is_still_needed(root: Path) -> None:
    unused = [
        (name, line)
        for name, line in ALLOWED
        if line not in [each for _, each in conversions((root / name).read_text(encoding="utf-8"))]
    ]
    assert unused == []


def test_the_search_finds_conversions_however_they_are_written() -> None:
    source = "a = 100\nb = 1e4\nc = 10_000\nd = 252.0\ne = Decimal('100')\nf = 99\ng = 'a 100'\nh = 1000\n"
    assert [number for number, _ in conversions(source)] == [1, 2, 3, 4, 5]
