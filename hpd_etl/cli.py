"""The command `hpd-etl`: one function a verb; the only place where an error becomes an exit code.

Results go to stdout, progress and errors to stderr. What is heavy is imported by the verb that needs it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hpd_etl import __version__
from hpd_etl.errors import HpdEtlError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.console import RenderableType

    from hpd_etl.check import Check

app = typer.Typer(
    help="Label hyperprogressive disease in OMOP data under the published definitions, with reasons. "
         "For research, not for the care of individual patients.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
)
definitions = typer.Typer(help="List, show and check definitions.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(definitions, name="definitions")
auth = typer.Typer(help="Check how FHIR servers let us in.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(auth, name="auth")

StudyFile = Annotated[Path, typer.Option("--study", help="What is asked.")]
SiteFile = Annotated[Path, typer.Option("--site", help="Where the data are.")]
RunFolder = Annotated[Path | None, typer.Option("--run", help="Folder of the run; the newest unless given.")]
NewFolder = Annotated[Path | None, typer.Option("--run-dir", help="New folder of the run; one in `runs` unless given.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing back; show what would change.")]
Strict = Annotated[bool, typer.Option("--strict", help="Validate every FHIR resource before it is sent, not one in a "
                                                       "hundred and each distinct shape.")]
Gate = Annotated[Literal["enforce", "report"], typer.Option("--gate", help="Stop where the gate closes, or report what "
                                                            "would stop, go on and write nothing to a sink.")]
By = Annotated[Literal["cohort", "run", "agent", "regimen", "primary_site", "year", "source"],
               typer.Option("--by", help="Show the funnel of each part of the treated.")]
STUDY, SITE = Path("study.toml"), Path("site.toml")


# --- the run and its stages -------------------------------------------------------------------


@app.command()
def run(study: StudyFile = STUDY, site: SiteFile = SITE, dry_run: DryRun = False, run_dir: NewFolder = None,
        strict: Strict = False, gate: Gate = "enforce") -> None:
    """Extract, align, validate, label and write back."""
    from hpd_etl import pipeline, progress, summary
    from hpd_etl.config import read_site, read_study

    done, labels, receipt = pipeline.run(read_study(study), read_site(site), dry_run=dry_run, folder=run_dir,
                                         strict=strict, show=progress.shown(), gate=gate)
    _print(summary.of_labels(labels))
    _print(summary.of_gate(done.manifest.gate))
    _print(summary.of_receipt(receipt))
    _say_where(done.folder)


@app.command()
def extract(study: StudyFile = STUDY, site: SiteFile = SITE, run_dir: NewFolder = None) -> None:
    """Read everybody ever treated from the source, into a new run folder."""
    from hpd_etl import pipeline, progress, runs, sources
    from hpd_etl.config import read_site, read_study

    asked, place = read_study(study), read_site(site)
    with runs.started(asked, place, run_dir, progress.shown()) as this:
        with sources.open_source(place) as source:
            pipeline.extract(this, source)
        _say_where(this.folder)


@app.command()
def align(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Put the extracted records around the first dose and choose the scans."""
    from hpd_etl import pipeline, progress, runs
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        pipeline.align(this, this.records())
        _say_where(this.folder)


@app.command()
def validate(
    study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None, gate: Gate = "enforce", by: By = "cohort",
    previous: Annotated[Path | None, typer.Option(help="Folder of the run to compare with; the one before unless "
                                                       "given.")] = None,
    data_docs: Annotated[Path | None, typer.Option(help="Also build Great Expectations' Data Docs into this "
                                                        "folder, of counts only.")] = None,
) -> None:
    """Show who can be labelled, what was refused and what the gate says; exit 5 where it closes, 6 over budget."""
    from hpd_etl import pipeline, progress, quality, runs, summary
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        report = pipeline.validate(this, this.timeline(), previous)
        if data_docs is not None:
            pipeline.document(this, report, data_docs)
        decision = quality.decide(report, this.study.gate)
        _print(summary.of_report(report, decision, by))
        _say_where(this.folder)
        pipeline.pass_gate(this, "validate", decision, gate)
        _print(summary.of_gate({"validate": decision.told(gate)}))


@app.command()
def label(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Give everybody treated a verdict under every definition; exit 6 where too many are not evaluable."""
    from hpd_etl import pipeline, progress, quality, runs, summary
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        labels = pipeline.label(this, this.timeline())
        _print(summary.of_labels(labels))
        _say_where(this.folder)
        pipeline.pass_gate(this, "label", quality.decide_labels(labels, this.study.gate), quality.ENFORCE)


@app.command()
def writeback(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None, dry_run: DryRun = False,
              strict: Strict = False, gate: Gate = "enforce") -> None:
    """Write the labels of a run to the sink: a results schema, a FHIR server or a folder of FHIR files."""
    from hpd_etl import pipeline, progress, runs, sinks, summary
    from hpd_etl.config import read_site, read_study

    asked, place = read_study(study), read_site(site)
    with runs.resumed(asked, place, run, progress.shown()) as this:
        aligned, labels = this.timeline(), this.labels()
        pipeline.pass_again(this, aligned, labels, gate)
        with sinks.open_sink(place, strict=strict) as sink:
            receipt = pipeline.writeback(this, labels, aligned, sink, dry_run=dry_run or gate == "report")
        _print(summary.of_gate(this.manifest.gate))
        _print(summary.of_receipt(receipt))
        _say_where(this.folder)


@app.command()
def responses(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Count how recorded responses stand beside derived ones, and the best responses."""
    from hpd_etl import progress, runs
    from hpd_etl import responses as told
    from hpd_etl.artefacts import LABELS
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        _print(told.shown(this.labels()))
        typer.echo(f"each visit: {this.folder / LABELS / 'assessments.csv'}")


@app.command()
def sensitivity(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Say which labels other readings of the rules flip, and how surely each stands when sizes are read again."""
    from hpd_etl import pipeline, progress, runs, summary
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        labels = this.labels()
        _print(summary.of_sensitivity(pipeline.sensitivity(this, this.records(), this.timeline(), labels), labels))
        _say_where(this.folder)


@app.command()
def agreement(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Show how far the definitions agree on the same persons, and whom how many of them label."""
    from hpd_etl import pipeline, progress, runs, summary
    from hpd_etl.agreement import report
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        found = pipeline.compare(this, this.labels())
        _print(summary.rate_tables(found.agreement_rates))
        _print(report.shown(found))
        _say_where(this.folder)


@app.command()
def growth(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Estimate growth over all scans: slopes, and rates of growth and regression. Experimental, no label."""
    from hpd_etl import pipeline, progress, runs
    from hpd_etl.config import read_site, read_study
    from hpd_etl.growth_models import report

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        found = pipeline.model_growth(this, this.timeline(), this.labels())
        _print(report.shown(found))
        _say_where(this.folder)


@app.command()
def explain(
    person: Annotated[str, typer.Argument(help="The person, as the source names them.")],
    study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None,
    definition: Annotated[str | None, typer.Option(help="Only this definition.")] = None,
) -> None:
    """Say why a person has their labels, and why not others. Shows patient data."""
    from hpd_etl import artefacts, explain, library
    from hpd_etl.config import read_site, read_study

    asked, folder = read_study(study), run or artefacts.newest(read_site(site).runs)
    chosen = {each.id: each for each in library.chosen(asked)}
    wanted = [library.named(definition, chosen)] if definition else list(chosen.values())
    _print(explain.person(folder, person, wanted, asked))


# --- definitions ------------------------------------------------------------------------------


@definitions.command("list")
def definitions_list(study: Annotated[Path | None, typer.Option(help="Also those of this study.")] = None) -> None:
    """Name every definition: its kind, whose rule it states, the suffixes of its variants, its title."""
    from hpd_etl import catalogue, library

    _print(catalogue.overview(library.everything(_own_folder(study)).values()))


@definitions.command("show")
def definitions_show(
    name: Annotated[str, typer.Argument(metavar="ID")],
    study: Annotated[Path | None, typer.Option(help="Also those of this study.")] = None,
) -> None:
    """Print a definition or a variant: citation, requirements, rule, and how well each field is known."""
    from hpd_etl import catalogue, library

    found = library.everything(_own_folder(study))
    _print(catalogue.page(library.named(name, found), found.values()))


@definitions.command("check")
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


# --- around a run -----------------------------------------------------------------------------


@app.command()
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


@app.command()
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
        _print(counts.shown(counts.feasibility(asked, read_site(site), progress.shown())))
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

    _print(doctor.report(checks))
    if code := doctor.exit_code(checks):
        raise typer.Exit(code)


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where to write them.")] = Path()) -> None:
    """Write a commented study.toml and site.toml."""
    from hpd_etl import templates

    for path in templates.write(folder):
        typer.echo(path)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where to build it.")] = Path("demo"),
    persons: Annotated[int, typer.Option(min=1, help="Persons in the hospital; a fifth is treated.")] = 2000,
    source: Annotated[str, typer.Option(help="How the hospital keeps its records: omop or fhir.")] = "omop",
) -> None:
    """Build a synthetic hospital, label its patients and check the labels against the truth."""
    from hpd_etl import progress
    from hpd_etl.demo import show

    outcome = show.demonstrate(folder, persons, progress.shown(), source)
    _print(outcome.report)
    if outcome.differences:
        raise HpdEtlError(f"{outcome.differences} labels differ from the truth")


# --- output and errors ------------------------------------------------------------------------


def _print(shown: RenderableType) -> None:
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 140, markup=False, highlight=False).print(shown)


def _say_where(folder: Path) -> None:
    typer.echo(f"run folder: {folder}")


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


if __name__ == "__main__":
    main()
