"""Every public name is documented and listed in ``__all__``."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public(name: str) -> bool:
    return not name.startswith("_")


def is_accessory(node: Definition) -> bool:
    """Say whether a definition is an overload or a setter: its documentation is elsewhere."""
    marks = {
        mark.id if isinstance(mark, ast.Name) else mark.attr if isinstance(mark, ast.Attribute) else ""
        for mark in node.decorator_list
    }
    return bool(marks & {"overload", "setter", "deleter"})


def public_definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Yield the public classes and functions of a body, and the public methods of those classes."""
    for node in body:
        if isinstance(node, Definition) and public(node.name) and not is_accessory(node):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body, f"{prefix}{node.name}.")


def undocumented(source: str) -> list[str]:
    tree = ast.parse(source)
    missing = [] if ast.get_docstring(tree) else ["(the module)"]
    return missing + [name for name, node in public_definitions(tree.body) if not ast.get_docstring(node)]


def listed_in_all(tree: ast.Module) -> list[str] | None:
    """Return the literal ``__all__``, or None where there is none."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return list(ast.literal_eval(value))
            case ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value):
                return list(ast.literal_eval(value))
    return None


def all_is_wrong(source: str) -> str:
    """Return what is wrong with a module's ``__all__``, or nothing."""
    tree = ast.parse(source)
    listed = listed_in_all(tree)
    defined = [node.name for node in tree.body if isinstance(node, Definition) and public(node.name)]
    if listed is None:
        return f"no __all__, but it defines {', '.join(defined)}" if defined else ""
    missing = sorted(set(defined) - set(listed))
    if missing:
        return f"__all__ leaves out {', '.join(missing)}"
    return "__all__ names something twice" if len(set(listed)) < len(listed) else ""


def test_every_public_name_has_a_docstring(root: Path, package_modules: list[Path]) -> None:
    assert package_modules
    missing = {str(path.relative_to(root)): undocumented(path.read_text(encoding="utf-8")) for path in package_modules}
    assert {path: names for path, names in missing.items() if names} == {}


def test_every_module_lists_its_public_names(root: Path, package_modules: list[Path]) -> None:
    wrong = {str(path.relative_to(root)): all_is_wrong(path.read_text(encoding="utf-8")) for path in package_modules}
    assert {path: what for path, what in wrong.items() if what} == {}


def test_the_checks_see_a_name_without_docstring_and_one_left_out() -> None:
    source = (
        '"""A module."""\n__all__ = ["f"]\ndef f():\n    """Do."""\nclass C:\n    """Be."""\n    def m(self): ...\n'
    )
    assert undocumented(source) == ["C.m"]
    assert all_is_wrong(source) == "__all__ leaves out C"


@pytest.mark.parametrize("package", ["di_advisor", "di_models", "di_data"])
def test_every_name_that_a_package_promises_is_there(package: str) -> None:
    module = importlib.import_module(package)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
