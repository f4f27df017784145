"""What the house does not do anywhere, so that nothing has to guard it (ASVS 1.2.5, 1.5.1, 5.2.3, 6.5.3)."""

import ast

import pytest

from tests.house.tree import SOURCE, modules, parsed

ABSENT = {
    "a shell": {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "shell=True"},
    "XML": {"xml", "lxml", "xmltodict", "defusedxml"},
    "an unpacked archive": {"extractall", "extract", "unpack_archive", "tarfile"},
    "what can be run out of bytes": {"pickle", "marshal", "shelve", "dill", "yaml"},
    "chance that can be foretold": {"random"},
}
ALLOWED = {"random": {"client/wire.py"}}
"""The client of the API waits a little longer or shorter before it tries again; nobody relies on how long."""


def found(tree: ast.Module) -> set[str]:
    """The modules that are imported, the attributes that are called, and whether a shell is asked for."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.name.partition(".")[0] for each in node.names}
        if isinstance(node, ast.ImportFrom) and not node.level:
            names |= {
                str(node.module).partition(".")[0],
                *(f"{node.module}.{each.name}" for each in node.names),
            }
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            names |= {node.func.attr, ast.unparse(node.func)}
        if isinstance(node, ast.keyword) and node.arg == "shell" and not _is_false(node.value):
            names.add("shell=True")
    return names


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


@pytest.mark.parametrize("what", ABSENT)
def test_nothing_in_the_house_uses(what: str) -> None:
    wrong = []
    for path in modules():
        name = path.relative_to(SOURCE).as_posix()
        wrong += [
            f"{name}: {each}"
            for each in found(parsed(path)) & ABSENT[what]
            if name not in ALLOWED.get(each, ())
        ]
    assert not wrong, wrong


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.system('ls')", "import subprocess as s; s.run('ls', shell=True)", "from xml.dom import minidom",
        "import zipfile; zipfile.ZipFile('x').extractall()", "from os import system", "import pickle", "import random",
        "import shutil; shutil.unpack_archive('x')", "from random import choice", "run('ls', shell=yes)",
    ],
)  # fmt: skip
def test_it_would_be_seen(code: str) -> None:
    seen = found(ast.parse(code))
    assert any(seen & names for names in ABSENT.values())
