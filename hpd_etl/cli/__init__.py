"""The command `hpd-etl`: one function a verb; the only place where an error becomes an exit code.

Results go to stdout, progress and errors to stderr. What is heavy is imported by the verb that needs it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hpd_etl import __version__
from hpd_etl.cli import analyses, definitions, preparation, stages
from hpd_etl.errors import HpdEtlError

if TYPE_CHECKING:
    from types import TracebackType

app = typer.Typer(
    help="Label hyperprogressive disease in OMOP and FHIR data under the published definitions, with reasons. "
         "For research, not for the care of individual patients.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
)
for part in (stages, analyses, preparation):
    app.add_typer(part.verbs)
app.add_typer(definitions.verbs, name="definitions")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                                   help="Print the version.")] = False) -> None:
    """Options of the command itself."""


def _unexpected(kind: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
    import traceback

    typer.echo(f"unexpected error: {kind.__name__} (its text is withheld, it may hold patient data)", err=True)
    for frame in traceback.extract_tb(trace):
        typer.echo(f"  {frame.filename}:{frame.lineno} in {frame.name}", err=True)
    typer.echo("please report this with the lines above", err=True)


def main() -> None:
    """Run the command and end the process with the exit code of its outcome."""
    sys.excepthook = _unexpected
    try:
        typer.main.get_command(app)()  # not app(), which puts another excepthook in place
    except HpdEtlError as error:
        told = [f"error: {error}", error.remedy, *getattr(error, "__notes__", [])]
        typer.echo("\n  ".join(filter(None, told)), err=True)
        sys.exit(error.exit_code)
    except SystemExit as ended:
        if ended.code == 130:
            typer.echo("interrupted; run folder and results schema are consistent, run again", err=True)
        raise
