"""Definitions, listed, shown and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpd_etl.cli.output import display

verbs = typer.Typer(help="List, show and check definitions.", no_args_is_help=True, rich_markup_mode=None)


@verbs.command("list")
def definitions_list(study: Annotated[Path | None, typer.Option(help="Also those of this study.")] = None) -> None:
    """Name every definition: its kind, whose rule it states, the suffixes of its variants, its title."""
    from hpd_etl import catalogue, library

    display(catalogue.overview(library.everything(_own_folder(study)).values()))


@verbs.command("show")
def definitions_show(
    name: Annotated[str, typer.Argument(metavar="ID")],
    study: Annotated[Path | None, typer.Option(help="Also those of this study.")] = None,
) -> None:
    """Print a definition or a variant: citation, requirements, rule, and how well each field is known."""
    from hpd_etl import catalogue, library

    found = library.everything(_own_folder(study))
    display(catalogue.page(library.named(name, found), found.values()))


@verbs.command("check")
def definitions_check(files: list[Path]) -> None:
    """Say what is wrong in definition files of a study's own; exit 2 if anything is."""
    from hpd_etl import library

    wrong = [problem for file in files if (problem := library.problem(file)) is not None]
    for problem in wrong:
        typer.echo(problem, err=True)
    if wrong:
        raise typer.Exit(2)
    typer.echo(f"{len(files)} definition{'s' * (len(files) != 1)} without fault")


def _own_folder(study: Path | None) -> Path | None:
    from hpd_etl.config import read_study

    return read_study(study).criteria.folder if study else None
