"""The adapter that data_adapters/README.md teaches with, taken from there."""

import importlib.util
import json
import re
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_data.frame.bodies import checksum
from di_data.frame.bundle import export_bundle
from di_data.frame.exchange import Received, Request
from tests.data_adapters.loopback import MORNING

QUERY = SourceQuery(
    subjects=(Identifier(IdentifierScheme.TICKER, "AAPL"),), start=date(2024, 1, 2), end=date(2024, 1, 3)
)
LATER = MORNING + timedelta(days=3, hours=1)
DAYS = [{"date": f"2024-01-{day:02d}", "close": 180.0 + day} for day in range(2, 22)]

ROOT = Path(__file__).resolve().parents[3]

GOOD = b'[{"date": "2024-01-02", "close": 185.64}, {"date": "2024-01-03", "close": 184.25}]'


def block() -> str:
    """First block of Python in the README that defines an adapter."""
    text = (ROOT / "data_adapters/README.md").read_text(encoding="utf-8")
    return next(b for b in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "class ExamplePrices" in b)


def taught() -> ModuleType:
    """Module made of that block."""
    name = "example_of_the_readme"
    if name not in sys.modules:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.py"
            path.write_text(block(), encoding="utf-8")
            spec = importlib.util.spec_from_file_location(name, path)
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
    return sys.modules[name]


ADAPTER = taught().ExamplePrices()


def body(days) -> bytes:
    """Answer with so many days."""
    return json.dumps(days).encode()


def bundled(folder: Path, content: bytes = GOOD) -> tuple[Path, Request]:
    """A bundle of one answer, and what it answers to."""
    (request,) = ADAPTER.plan(QUERY)
    received = Received(request, request.address, checksum(content), MORNING, "Example", "own use")
    export_bundle(folder / "bundle", [("example_prices", content, received)])
    return folder / "bundle", request
