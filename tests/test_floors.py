"""The floors: imports point down only, and the coordinator stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

DAEMON = Path(__file__).parents[1] / "daemon"

# Higher imports lower. Packages of one height are blind to each other, except for what ALSO allows.
# Every other module right under daemon/ is ground, height 0, and so are the sidecars.
HEIGHTS = {
    "sidecars": 0,
    "audio": 1,
    "video": 1,
    "film": 1,
    "music": 1,
    "backends": 1,
    "stages": 2,
    "queue": 3,
    "approvals": 4,
    "web": 5,
    "service": 6,
    "commands": 7,
    "cli": 8,
    "__main__": 9,
}
ALSO = {("film", "video")}
HEAVY = ("librosa", "torch", "numba", "cv2", "scipy", "sklearn", "soundfile", "av")


def part(module: str) -> str:
    """'daemon.film.encode' -> 'film'; '' for the package itself."""
    return module.split(".")[1] if "." in module else ""


def imports(tree: ast.AST, module: str, is_package: bool) -> set[str]:
    """Every daemon module that is imported anywhere in a tree: at the top, in functions, for types, by name."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                steps = module.split(".")
                steps = steps[: len(steps) - node.level + (1 if is_package else 0)]
                base = ".".join([*steps, *([base] if base else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names} if base == "daemon" else {base}
        elif isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if name in ("import_module", "__import__") and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return {name for name in found if name == "daemon" or name.startswith("daemon.")}


def wrong(module: str, imported: str) -> bool:
    """Whether that import points up or sideways."""
    here, there = part(module), part(imported)
    if here == there or not there or (here, there) in ALSO:
        return False
    return HEIGHTS.get(here, 0) <= HEIGHTS.get(there, 0) and HEIGHTS.get(there, 0) > 0


def modules() -> list[tuple[str, Path]]:
    found = []
    for path in sorted(DAEMON.rglob("*.py")):
        steps = ["daemon", *path.relative_to(DAEMON).with_suffix("").parts]
        found.append((".".join(steps[:-1] if steps[-1] == "__init__" else steps), path))
    return found


def test_no_module_imports_upward_or_sideways() -> None:
    bad = []
    for module, path in modules():
        tree = ast.parse(path.read_bytes())
        bad += [
            f"{module} imports {imported}"
            for imported in sorted(imports(tree, module, path.name == "__init__.py"))
            if wrong(module, imported)
        ]
    assert bad == []


def test_every_folder_has_its_floor() -> None:
    folders = {path.name for path in DAEMON.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders - set(HEIGHTS) == set()


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("daemon.film.encode", "from daemon.audio import decode", True),
        ("daemon.film.encode", "import daemon.video.probe", False),
        ("daemon.video.probe", "from daemon.film import encode", True),
        ("daemon.stages.sync", "def f():\n    from daemon.queue import spool", True),
        ("daemon.job", "from . import cli", True),
        ("daemon.queue.spool", "from ..stages import PIPELINES", False),
        ("daemon.queue.spool", "import importlib\nimportlib.import_module('daemon.service')", True),
        ("daemon.approvals.desk", "from daemon.queue.inbox import opened", False),
        ("daemon.settings", "from daemon.errors import Fault", False),
        ("daemon.service", "from daemon.cli import main", True),
    ],
)
def test_the_check_itself_sees_what_it_should(module: str, source: str, expected: bool) -> None:
    found = imports(ast.parse(source), module, False)
    assert any(wrong(module, name) for name in found) is expected


def loaded(statement: str) -> set[str]:
    """The heavy modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=DAEMON.parent, capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


@pytest.mark.skipif(not (DAEMON / "service" / "__init__.py").exists(), reason="the coordinator isn't in this tree yet")
def test_the_coordinator_loads_neither_the_listener_nor_the_film_maker() -> None:
    everything = "import daemon.service, pkgutil, importlib"
    everything += "\nfor m in pkgutil.walk_packages(daemon.service.__path__, 'daemon.service.'):"
    everything += "\n    importlib.import_module(m.name)"
    assert loaded(everything) == set()


def test_the_command_line_is_light_until_a_command_needs_more() -> None:
    assert loaded("import daemon.cli, daemon.commands.status, daemon.commands.show") == set()
    light = "import daemon.cli, daemon.commands.status, sys\nassert 'pydantic' not in sys.modules, 'pydantic'"
    assert loaded(light) == set()


def test_heavy_modules_are_seen_where_they_are_loaded() -> None:
    assert "soundfile" in loaded("import soundfile")
