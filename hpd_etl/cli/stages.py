"""The run and its stages, a verb each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpd_etl.cli.options import SITE, STUDY, By, DryRun, Gate, NewFolder, RunFolder, SiteFile, Strict, StudyFile
from hpd_etl.cli.output import display, say_where

verbs = typer.Typer()


@verbs.command()
def run(study: StudyFile = STUDY, site: SiteFile = SITE, dry_run: DryRun = False, run_dir: NewFolder = None,
        strict: Strict = False, gate: Gate = "enforce") -> None:
    """Extract, align, validate, label and write back."""
    from hpd_etl import pipeline, progress, summary
    from hpd_etl.config import read_site, read_study

    done, labels, receipt = pipeline.run(read_study(study), read_site(site), dry_run=dry_run, folder=run_dir,
                                         strict=strict, show=progress.shown(), gate=gate)
    display(summary.of_labels(labels))
    display(summary.of_gate(done.manifest.gate))
    display(summary.of_receipt(receipt))
    say_where(done.folder)


@verbs.command()
def extract(study: StudyFile = STUDY, site: SiteFile = SITE, run_dir: NewFolder = None) -> None:
    """Read everybody ever treated from the source, into a new run folder."""
    from hpd_etl import pipeline, progress, runs, sources
    from hpd_etl.config import read_site, read_study

    asked, place = read_study(study), read_site(site)
    with runs.started(asked, place, run_dir, progress.shown()) as this:
        with sources.open_source(place) as source:
            pipeline.extract(this, source)
        say_where(this.folder)


@verbs.command()
def align(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Put the extracted records around the first dose and choose the scans."""
    from hpd_etl import pipeline, progress, runs
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        pipeline.align(this, this.records())
        say_where(this.folder)


@verbs.command()
def validate(
    study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None, gate: Gate = "enforce", by: By = "cohort",
    previous: Annotated[Path | None, typer.Option(help="Folder of the run to compare with; the one before unless "
                                                       "given.")] = None,
    data_docs: Annotated[Path | None, typer.Option(help="Also build Great Expectations' Data Docs into this "
                                                        "folder, of counts only.")] = None,
) -> None:
    """Show who can be labelled, what was refused and what the gate says; exit 5 where it closes, 6 over budget."""
    from hpd_etl import pipeline, progress, runs, summary
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        report, decision = pipeline.validate(this, this.timeline(), previous)
        if data_docs is not None:
            pipeline.document(this, report, data_docs)
        display(summary.of_report(report, decision, by))
        say_where(this.folder)
        pipeline.pass_gate(this, "validate", decision, gate)
        display(summary.of_gate({"validate": decision.told(gate)}))


@verbs.command()
def label(study: StudyFile = STUDY, site: SiteFile = SITE, run: RunFolder = None) -> None:
    """Give everybody treated a verdict under every definition; exit 6 where too many are not evaluable."""
    from hpd_etl import pipeline, progress, quality, runs, summary
    from hpd_etl.config import read_site, read_study

    with runs.resumed(read_study(study), read_site(site), run, progress.shown()) as this:
        labels = pipeline.label(this, this.timeline())
        display(summary.of_labels(labels))
        say_where(this.folder)
        pipeline.pass_gate(this, "label", quality.decide_labels(labels, this.study.gate), quality.ENFORCE)


@verbs.command()
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
        display(summary.of_gate(this.manifest.gate))
        display(summary.of_receipt(receipt))
        say_where(this.folder)
