"""What prepares a run: settings, access, what would be asked, and a hospital to try it on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpd_etl.cli.options import SITE, STUDY, SiteFile, StudyFile
from hpd_etl.cli.output import display
from hpd_etl.errors import HpdEtlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.check import Check

FEWEST = 470
"""Of `hpd_etl.demo.hospital`, which is not imported to tell it."""

verbs = typer.Typer()
auth = typer.Typer(help="Check how FHIR servers let us in.", no_args_is_help=True, rich_markup_mode=None)
verbs.add_typer(auth, name="auth")


@verbs.command()
def sql(
    site: SiteFile = SITE, study: StudyFile = STUDY,
    dialect: Annotated[str | None, typer.Option(help="Compile for this database, run by us or not.")] = None,
) -> None:
    """Print the SELECTs a run sends to an OMOP source, and the results tables it makes; not the rows written back."""
    from hpd_etl import sinks, sources
    from hpd_etl.config import read_site, read_study

    place = read_site(site)
    typer.echo(sources.statements(read_study(study), place, dialect))
    typer.echo(sinks.statements(place), nl=False)


@verbs.command()
def doctor(
    study: StudyFile = STUDY, site: SiteFile = SITE,
    feasibility: Annotated[bool, typer.Option("--feasibility", help="Count who was treated and has which scans around "
                                              "the first dose, by choice of windows; needs no study.toml.")] = False,
) -> None:
    """Say whether a run can work here: access, versions, concepts, and what would be refused."""
    from hpd_etl.config import Study, read_site, read_study

    if feasibility:
        from hpd_etl import feasibility as counts
        from hpd_etl import progress

        defaults = Study(id="defaults", title="the defaults, as there is no study.toml")
        asked = defaults if study == STUDY and not STUDY.exists() else read_study(study)
        display(counts.shown(counts.feasibility(asked, read_site(site), progress.shown())))
        return
    from hpd_etl import doctor

    _tell(doctor.examine(read_study(study), read_site(site)))


@auth.command("check")
def auth_check(site: SiteFile = SITE) -> None:
    """Say step by step whether the FHIR servers of this site let us in, and where not, why; exit 4."""
    from hpd_etl import doctor
    from hpd_etl.config import read_site

    _tell(doctor.access(read_site(site)))


def _tell(checks: Sequence[Check]) -> None:
    """Print what was found; the exit code is that of the first failure."""
    from hpd_etl import doctor

    display(doctor.report(checks))
    if code := doctor.exit_code(checks):
        raise typer.Exit(code)


@verbs.command()
def init(folder: Annotated[Path, typer.Argument(help="Where to write them.")] = Path()) -> None:
    """Write a commented study.toml and site.toml."""
    from hpd_etl import templates

    for path in templates.write(folder):
        typer.echo(path)


@verbs.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where to build it.")] = Path("demo"),
    persons: Annotated[int, typer.Option(min=FEWEST, help=f"Persons in the hospital, of whom a fifth is treated; fewer "
                                         f"than {FEWEST} would not show every kind of patient.")] = 2000,
    source: Annotated[str, typer.Option(help="How the hospital keeps its records: omop or fhir.")] = "omop",
) -> None:
    """Build a synthetic hospital, label its patients and check the labels against the truth."""
    from hpd_etl import progress
    from hpd_etl.demo import show

    outcome = show.demonstrate(folder, persons, progress.shown(), source)
    display(outcome.report)
    if outcome.differences:
        raise HpdEtlError(f"{outcome.differences} labels differ from the truth")
