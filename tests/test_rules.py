"""Rules of the whole: the engine stays small, imports in one direction, and can be printed on paper."""
import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ASIDE = {"gradcheck", "diagnosis", "data", "augment", "plot", "habits", "linalg", "rnn", "schedules"}
OUTSIDE = {"state", "terminal"}                 # files, and what is printed: they compute nothing
ENGINE = [p for p in sorted((ROOT / "minidl").glob("*.py")) if p.stem not in ASIDE | OUTSIDE]
PAGES = sorted(p for folder in ("minidl", "lessons", "tests") for p in (ROOT / folder).rglob("*.py"))

ORDER = ["backend recording terminal", "init tensor", "state ops", "images functions optim", "losses", "nn",
         "train", "__init__"]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names.split()}


def test_the_engine_stays_under_2000_lines():
    lines = {p.stem: len(p.read_text(encoding="utf-8").splitlines()) for p in ENGINE}
    assert sum(lines.values()) < 2000, lines


def imported(path):
    """The modules of minidl that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "minidl":
            yield from (a.name for a in node.names if (ROOT / "minidl" / f"{a.name}.py").exists())
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("minidl."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("minidl."))


@pytest.mark.parametrize("path", ENGINE, ids=lambda p: p.stem)
def test_modules_import_only_what_stands_below_them(path):
    found = set(imported(path))
    if path.stem != "__init__":
        assert not found & ASIDE, "the engine needs none of these"
        assert all(RANK[name] < RANK[path.stem] for name in found), found


@pytest.mark.parametrize("absent", ["matplotlib", "cupy", "lessons"])
def test_importing_minidl_does_not_load(absent):
    code = f"import sys, minidl; sys.exit(any(m.split('.')[0] == {absent!r} for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.parametrize("path", PAGES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_line_is_wider_than_a_page(path):
    wide = [f"{path.name}:{i}: {len(line)} columns" for i, line in
            enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if len(line) > 110]
    assert not wide, wide


@pytest.mark.parametrize("path", ENGINE, ids=lambda p: p.stem)
def test_the_first_line_of_a_docstring_says_it_all_in_100_characters(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module opens with its idea"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and (text := ast.get_docstring(node)):
            line = text.splitlines()[0]
            assert len(line) <= 100 and "This function" not in text, f"{node.name}: {line}"


@pytest.mark.parametrize("path", ENGINE, ids=lambda p: p.stem)
def test_a_function_fits_the_eye(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            text = ast.get_docstring(node, clean=False)
            lines = node.end_lineno - node.lineno + 1 - (len(text.splitlines()) if text else 0)
            assert lines <= 35, f"{node.name} has {lines} lines of code"
