"""What a run says while it works, on stderr: bars on a terminal, plain lines otherwise; counts only."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Note(Protocol):
    """Says what came of a stage, or how far it is."""

    def __call__(self, told: str, *, so_far: bool = False) -> None:
        """Say it; what is `so_far` is not what came of the stage."""


class Progress(Protocol):
    """Shows one stage at a time; the note given inside says what came of it."""

    def __call__(self, stage: str) -> AbstractContextManager[Note]:
        """Show this stage while it runs."""


@contextmanager
def silent(stage: str) -> Iterator[Note]:
    """Say nothing, for callers from Python."""
    yield lambda told, *, so_far=False: None


@contextmanager
def lines(stage: str) -> Iterator[Note]:
    """A line when the stage starts, one each time it tells how far it is, and one when it has ended."""
    print(f"{stage} ...", file=sys.stderr, flush=True)  # noqa: T201 - the plain progress is a print
    started, notes = time.monotonic(), list[str]()

    def note(told: str, *, so_far: bool = False) -> None:
        if so_far:
            print(f"{stage}: {told} ...", file=sys.stderr, flush=True)  # noqa: T201
        else:
            notes.append(told)

    yield note
    told = f"{stage}: {'; '.join(notes) or 'done'} ({time.monotonic() - started:.1f} s)"
    print(told, file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def bar(stage: str) -> Iterator[Note]:
    """A bar with the time it takes."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<10}"), BarColumn(bar_width=20), TimeElapsedColumn(),
               TextColumn("{task.fields[note]}"))
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(stage, total=None, note="")
        yield lambda told, *, so_far=False: bars.update(task, note=told)
        bars.update(task, total=1, completed=1)


def shown() -> Progress:
    """Bars where stderr is a terminal, else plain lines."""
    return bar if sys.stderr.isatty() else lines
