"""What is found out about the labels of a run; nothing is made from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpd_etl.cli.options import SITE, STUDY, RunFolder, SiteFile, StudyFile
from hpd_etl.cli.output import display, say_where

verbs = typer.Typer()


@verbs.command()
def responses(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Count how recorded responses stand beside derived ones, and the best responses."""
    from hpd_etl import progress, runs
    from hpd_etl import responses as told
    from hpd_etl.artefacts import LABELS
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        display(told.shown(this.labels()))
        typer.echo(f"each visit: {this.folder / LABELS / 'assessments.csv'}")


@verbs.command()
def sensitivity(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Say which labels other readings of the rules flip, and how surely each stands when sizes are read again."""
    from hpd_etl import pipeline, progress, runs, summary
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        labels = this.labels()
        display(summary.of_sensitivity(pipeline.sensitivity(this, this.records(), this.timeline(), labels), labels))
        say_where(this.folder)


@verbs.command()
def agreement(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Show how far the definitions agree on the same persons, and whom how many of them label."""
    from hpd_etl import pipeline, progress, runs, summary
    from hpd_etl.agreement import report
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        found = pipeline.compare(this, this.labels())
        display(summary.rate_tables(found.agreement_rates))
        display(report.shown(found))
        say_where(this.folder)


@verbs.command()
def growth(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Estimate growth over all scans: slopes, and rates of growth and regression. Experimental, no label."""
    from hpd_etl import pipeline, progress, runs
    from hpd_etl.config import read_site, read_study
    from hpd_etl.growth_models import report

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        found = pipeline.model_growth(this, this.timeline(), this.labels())
        display(report.shown(found))
        say_where(this.folder)


@verbs.command()
def report(
    study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None,
    patients: Annotated[bool, typer.Option("--patients", help="Show single patients, under pseudonyms, and small "
                                                              "counts too: for this site alone.")] = False,
) -> None:
    """Write the run as one page with figures and tables, each as files too: aggregates, small counts hidden."""
    from hpd_etl import pipeline, progress, runs
    from hpd_etl.config import read_site, read_study
    from hpd_etl.report import files

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        typer.echo(f"page: {pipeline.report(this, this.timeline(), this.labels(), patients=patients) / files.PAGE}")


@verbs.command()
def explain(
    person: Annotated[str, typer.Argument(help="The person, as the source names them.")],
    study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None,
    definition: Annotated[str | None, typer.Option(help="Only this definition.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write it as a page with a drawn timeline to this file, "
                                                             "readable by you alone.")] = None,
) -> None:
    """Say why a person has their labels, and why not others. Shows patient data."""
    from hpd_etl import artefacts, explain, explanation, library
    from hpd_etl.config import read_site, read_study

    asked, folder = read_study(study), run or artefacts.newest(read_site(site).runs)
    chosen = {each.id: each for each in library.chosen(asked)}
    wanted = [library.named(definition, chosen)] if definition else list(chosen.values())
    told = explanation.gathered(folder, person, wanted, asked)
    if html is None:
        display(explain.person(told))
        return
    from hpd_etl.report.person import page

    artefacts.write_text(page(told, asked, folder.name), html)
    typer.echo(f"page with patient data: {html}")
