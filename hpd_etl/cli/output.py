"""What verbs print: results, to stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType


def display(shown: RenderableType) -> None:
    """Print a table or a text, as wide as the terminal."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 140, markup=False, highlight=False).print(shown)


def say_where(folder: Path) -> None:
    """Say where the run lies."""
    typer.echo(f"run folder: {folder}")
