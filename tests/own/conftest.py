"""The wishes of this folder can be imported by name, as a user's module can."""

import importlib.util
import sys
from pathlib import Path

_MODULES = {"own_wishes_under_test": "wishes.py", "own_wishes_world": "world.py"}


def _load(name: str, file: str) -> None:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(file))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


for _name, _file in _MODULES.items():
    _load(_name, _file)
