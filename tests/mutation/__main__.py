"""Runs mutmut in a copy of the repository and holds what survives against `survivors.toml`; see `./hpd mutate`.

Each group of `[tool.hpd-mutation]` is mutated on its own and judged by its own quick tests; so may be one file of it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import TypeAlias

from mutmut.configuration import reset_config
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

from tests.mutation.survivors import Mutant, compare, excused, kinds

ROOT = Path(__file__).parents[2]
NOTICED = {"killed", "timeout", "caught by type check", "segfault"}
NOT_COPIED = ("docs", "benchmarks", ".ci")
CONFIG = "[tool.mutmut]\n"
Group: TypeAlias = dict[str, list[str]]


def main() -> int:
    """0 if every mutant is noticed or excused, 1 otherwise."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hpd-mutation"]
    parser = argparse.ArgumentParser("./hpd mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE",
                        help=f"of {', '.join(groups)}, or the path of a file of theirs; all if none is named")
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    chosen = {name: groups.get(name) or _of_file(name, groups) for name in asked.modules or groups}
    if unknown := sorted(name for name, group in chosen.items() if not group):
        parser.error(f"nobody has listed {', '.join(unknown)}; there is {', '.join(groups)}")
    sound = True
    for name, group in chosen.items():
        with tempfile.TemporaryDirectory(prefix="hpd-mutation-") as folder:
            copy = Path(folder)
            _copy(copy, group)
            sound &= _report(name, list(_mutants(copy, asked.processes)), group["mutate"])
    return 0 if sound else 1


def _of_file(path: str, groups: Mapping[str, Group]) -> Group:
    """This file alone, with the tests of the group that it belongs to; empty where it belongs to none."""
    return next((group | {"mutate": [path]} for group in groups.values()
                 if any(fnmatch(path, pattern) for pattern in group["mutate"])), {})


def _copy(folder: Path, group: Group) -> None:
    """What git knows of the working tree, with the settings of this group; never data, never an environment."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if not name.startswith(NOT_COPIED) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    settings = folder / "pyproject.toml"
    own = {"only_mutate": group["mutate"], "pytest_add_cli_args_test_selection": group["tests"]}
    added = "".join(f"{key} = {json.dumps(value)}\n" for key, value in own.items())
    settings.write_text(settings.read_text("utf-8").replace(CONFIG, CONFIG + added), "utf-8")


def _mutants(folder: Path, processes: int) -> Iterator[tuple[Mutant, bool]]:
    """Every mutant, and whether a test noticed it."""
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", str(processes)]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"mutmut stopped; the tests must pass before anything is mutated:\n{ran.stdout[-4000:]}{ran.stderr}")
    reset_config()
    with contextlib.chdir(folder):
        for meta in sorted(Path("mutants").rglob("*.meta")):
            module = str(meta.relative_to("mutants")).removesuffix(".meta")
            for name, code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
                noticed = status_by_exit_code[code] in NOTICED
                yield Mutant(module, *_change(name, module)), noticed


def _change(name: str, module: str) -> tuple[str, str]:
    """The function, and the lines that the mutation takes away and puts in their place."""
    function = name.rpartition(".")[2].removeprefix("x_").rpartition("__mutmut_")[0].split("ǁ")[-1]
    lines = get_diff_for_mutant(name, path=module).splitlines()[2:]
    return function, "\n".join(line[0] + line[1:].strip() for line in lines if line[0] in "+-")


def _report(name: str, mutants: list[tuple[Mutant, bool]], modules: list[str]) -> bool:
    found = compare(mutants, excused(), kinds(), modules)
    print(f"{name}: {len(mutants)} mutants, {found.killed} killed, {len(found.excused)} excused, "
          f"{len(found.unexcused)} survived", flush=True)
    for mutant in found.unexcused:
        print(f"  survived: {mutant.module} {mutant.function}\n    " + mutant.change.replace("\n", "\n    "))
    for mutant in found.stale:
        print(f"  stale in survivors.toml: {mutant.module} {mutant.function}\n    {mutant.change!r}", flush=True)
    return not found.unexcused


if __name__ == "__main__":
    sys.exit(main())
