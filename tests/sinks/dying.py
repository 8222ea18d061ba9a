"""Processes that write labels back and die at it, as after `kill -9`; forked, so that each costs little to start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpd_etl.database import Database, Parameters, connect
from hpd_etl.sinks.omop.cdm import OmopCdmSink
from tests.sinks import given

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    import pyarrow as pa

AMENDED = given.SAID.replace("HPD           | 2 ", "NOT_HPD       | 1 ")
"""Another verdict for one person."""


@dataclass(frozen=True)
class Undertaker:
    """The parent of the dying: says how each ended."""

    process: subprocess.Popen[str]

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Undertaker]:
        """Started once, because importing pandas takes longer than dying."""
        with subprocess.Popen([sys.executable, "-m", "tests.sinks.dying"], cwd=Path(__file__).parents[2], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            yield cls(process)
            assert process.stdin is not None
            process.stdin.close()

    def killed(self, url: str, results: str, statement: str) -> bool:
        """Whether a process that writes `AMENDED` back died before a statement that begins so, or came to its end."""
        return self._answer(f"kill {url} {results} {statement}") == "killed"

    @contextmanager
    def holding(self, url: str, results: str, statement: str) -> Iterator[None]:
        """A process that stops before a statement that begins so, and is killed afterwards."""
        assert self._answer(f"hold {url} {results} {statement}") == "holding"
        yield
        assert self._answer("release") == "killed"

    def _answer(self, order: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


class Mortal:
    """A real database that meets its fate before a statement that begins so: it dies, or it waits for death."""

    def __init__(self, database: Database, statement: str, fate: str) -> None:
        self._database, self._statement, self._fate, self.dialect = database, statement, fate, database.dialect

    def _meet_fate(self, sql: str) -> None:
        if not sql.startswith(self._statement):
            return
        if self._fate == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        print("holding", flush=True)  # noqa: T201
        signal.pause()

    def fetch(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """As the protocol, and so are the others."""
        self._meet_fate(sql)
        return self._database.fetch(sql, parameters)

    def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """As the protocol."""
        self._meet_fate(sql)
        return self._database.execute(sql, parameters)

    def load(self, table: str, rows: pa.Table) -> None:
        """As the protocol."""
        self._meet_fate(f"load {table}")
        self._database.load(table, rows)

    def transaction(self) -> AbstractContextManager[None]:
        """As the protocol."""
        return self._database.transaction()

    def columns(self, schema: str, table: str) -> list[str]:
        """As the protocol."""
        return self._database.columns(schema, table)


def write(url: str, results: str, statement: str, fate: str) -> None:
    """Write `AMENDED` back."""
    sink = given.site(url, results).sink
    assert sink is not None
    with connect(sink.access, {"results": results}, read_only=False) as database:
        OmopCdmSink(Mortal(database, statement, fate), sink).writeback(
            given.labels(AMENDED), given.timeline(), given.definitions(), given.study(), "run-2", dry_run=False)


def main() -> None:
    """One order a line: `kill URL RESULTS STATEMENT`, `hold URL RESULTS STATEMENT` or `release`."""
    child = 0
    for order in sys.stdin:
        verb, *arguments = order.strip().split(" ", 3)
        if verb == "release":
            os.kill(child, signal.SIGKILL)
        elif (child := os.fork()) == 0:
            write(*arguments, fate=verb)
            os._exit(0)
        if verb != "hold":
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            print("killed" if status == -signal.SIGKILL else f"ended {status}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
