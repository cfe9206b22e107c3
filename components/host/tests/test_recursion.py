"""No function of the package calls itself: how deep is for others to say, in their trees, their JSON, their links."""

import ast
import pathlib
import unittest

import phiward_host

PACKAGE = pathlib.Path(phiward_host.__file__).parent


class Recursion(unittest.TestCase):
    def test_no_function_calls_itself_by_whatever_way_through_its_module(self) -> None:
        found = [
            f"{path.relative_to(PACKAGE)}: {name}"
            for path in sorted(PACKAGE.rglob("*.py"))
            for name in recursive(ast.parse(path.read_text()))
        ]
        self.assertEqual(found, [])

    def test_it_would_be_found(self) -> None:
        text = (
            "def a():\n  for x in y:\n    yield from b(x)\n"
            "def b(x):\n  return lambda: a()\n"
            "class C:\n  def d(self):\n    self.d()\n  def e(self):\n    self.d()\n"
            "def f():\n  return [a]\n"
        )
        self.assertEqual(recursive(ast.parse(text)), ["a", "b", "self.d"])


def recursive(module: ast.Module) -> list[str]:
    """Names of the functions of a module that can come to call themselves; those of methods begin with `self.`."""
    methods = {id(node) for kind in ast.walk(module) if isinstance(kind, ast.ClassDef) for node in kind.body}
    calls: dict[str, set[str]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            calls.setdefault(f"self.{node.name}" if id(node) in methods else node.name, set()).update(called(node))
    return sorted(name for name in calls if name in reached(name, calls))


def called(function: ast.AST) -> set[str]:
    """What a function calls by its name, or by its name on itself or its class."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    functions = {call.id for call in calls if isinstance(call, ast.Name)}
    attributes = [(call.value, call.attr) for call in calls if isinstance(call, ast.Attribute)]
    own = {f"self.{name}" for on, name in attributes if isinstance(on, ast.Name) and on.id in ("self", "cls")}
    return functions | own


def reached(name: str, calls: dict[str, set[str]]) -> set[str]:
    """All that a function calls, at whatever remove."""
    found: set[str] = set()
    pending = [name]
    while pending:
        for each in calls.get(pending.pop(), set()) - found:
            found.add(each)
            pending.append(each)
    return found
