"""The wishes of this folder can be imported by name, as a user's module can."""

import importlib.util
import sys
from pathlib import Path

_NAME = "own_wishes_under_test"


def _load() -> None:
    spec = importlib.util.spec_from_file_location(_NAME, Path(__file__).with_name("wishes.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module
    spec.loader.exec_module(module)


_load()
