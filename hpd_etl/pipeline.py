"""A run from the database to labels written back: the table of contents of this program.

Each stage leaves its artefact in the run folder and can be run again from the artefact before it.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING

from hpd_etl import (
    agreement,
    artefacts,
    assets,
    criteria,
    expectations,
    growth_models,
    progress,
    quality,
    robustness,
    timeline,
)
from hpd_etl.artefacts import (
    AGREEMENT,
    FUNNEL,
    GROWTH,
    LABELS,
    PAGE,
    PROFILE,
    QUALITY,
    RECEIPT,
    RECORDS,
    REPORT,
    REPORT_OF_PATIENTS,
    SENSITIVITY,
    SUSPICIONS,
    TIMELINE,
)
from hpd_etl.errors import ConfigurationError
from hpd_etl.expectations import data_docs
from hpd_etl.quality.page import page
from hpd_etl.report import build as told_of
from hpd_etl.report import files
from hpd_etl.report.facts import Facts, reported
from hpd_etl.runs import Run, started
from hpd_etl.schema import Agreement, Growth, Sensitivity
from hpd_etl.sinks import open_sink
from hpd_etl.sources import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from hpd_etl.config import Site, Study
    from hpd_etl.quality import Decision, QualityReport
    from hpd_etl.schema import Labels, Records, Timeline
    from hpd_etl.sinks import Receipt, Sink
    from hpd_etl.sources import Source


def run(study: Study, site: Site, *, dry_run: bool = False, folder: Path | None = None, strict: bool = False,
        show: progress.Progress = progress.silent, gate: str = quality.ENFORCE) -> tuple[Run, Labels, Receipt | None]:
    """Label everybody treated and write the labels back.

    Nothing is written back where the quality gate closes or a budget is exceeded; a `gate` that is only
    reported lets the run go on, and nothing is written back at all. Without a sink in the site, or with
    `dry_run`, the labels stay as files in the run folder. `strict` validates every FHIR resource that is written.
    """
    with started(study, site, folder, show) as this, open_source(site) as source, \
            open_sink(site, strict=strict) as sink:
        records = extract(this, source)
        aligned = align(this, records)
        pass_gate(this, "validate", validate(this, aligned)[1], gate)
        labels = label(this, aligned)
        pass_gate(this, "label", quality.decide_labels(labels, study.gate), gate)
        receipt = writeback(this, labels, aligned, sink, dry_run=dry_run or gate == quality.REPORT)
    return this, labels, receipt


# --- stages -----------------------------------------------------------------------------------


def extract(this: Run, source: Source) -> Records:
    """Read everybody ever treated with an index drug."""
    with this.show("extract") as note:
        records, used = source.extract(this.study)
        this.keep("extract", RECORDS, records, this.manifest.with_records(records, used))
        note("; ".join([f"{len(records.persons):,} persons, {len(records.lesions):,} lesion rows, "
                        f"{len(records.rejections):,} refused", *used.get("warnings", ())]))
    return records


def align(this: Run, records: Records) -> Timeline:
    """Put the records around the first dose and choose the scans."""
    with this.show("align") as note:
        aligned = timeline.align(records, this.study, criteria.window_sets(this.definitions, this.study))
        this.keep("align", TIMELINE, aligned, this.manifest.with_timeline(aligned))
        note(f"{len(aligned.index):,} treated, {len(aligned.rejections):,} refused")
    return aligned


def validate(this: Run, aligned: Timeline, previous: Path | None = None) -> tuple[QualityReport, Decision]:
    """Report who can be labelled, what was refused, and what changed since an earlier run, the last unless named.

    The decision is what the gate makes of the report; `pass_gate` closes it.
    """
    with this.show("validate") as note:
        suspected = quality.suspect(aligned, this.study)
        report = quality.validate(aligned, this.definitions, this.study, this.compare_with(previous),
                                  suspected=suspected, source=this.manifest.source)
        decision = quality.decide(report, this.study.gate)
        this.leave(SUSPICIONS, suspected)
        this.keep_json(PROFILE, {"tables": report.profile})
        this.keep_json(QUALITY, quality.content(report, decision))
        this.keep_text(PAGE, page(report, decision, this.about))
        told = (quality.numbered(len(decision.failed(effect)), noun) for effect, noun in (
            (quality.Effect.CLOSES, "critical finding"), (quality.Effect.WARNS, "warning")))
        note(", ".join([*told, f"{report.rejected_fraction:.1%} of the rows refused"]))
    return report, decision


def document(this: Run, report: QualityReport, folder: Path) -> None:
    """Build Great Expectations' Data Docs of what its suites found."""
    if not report.checks:
        raise ConfigurationError("no expectation was run, so there are no Data Docs",
                                 remedy="write gate.expectations = true into study.toml")
    suites = expectations.read_suites(assets.expectation_files())
    data_docs.build(report.checks, suites, folder, this.manifest.run_id, this.manifest.started)


def label(this: Run, aligned: Timeline) -> Labels:
    """Give everybody treated a verdict under every definition; the budget is `quality.decide_labels`."""
    with this.show("label") as note:
        labels = replace(criteria.label(aligned, this.definitions, this.study), **criteria.assess(aligned, this.study))
        manifest = this.manifest.with_labels(labels)
        manifest.assert_sums()
        this.keep("label", LABELS, labels, manifest)
        this.leave(FUNNEL, quality.attrition(aligned, labels))
        note(f"{len(labels.labels):,} labels under {len(this.definitions)} definitions")
    return labels


def writeback(this: Run, labels: Labels, aligned: Timeline, sink: Sink | None, *, dry_run: bool) -> Receipt | None:
    """Write the labels to the site's sink; None where there is no sink."""
    with this.show("writeback") as note:
        if sink is None:
            note("no sink in site.toml, the labels stay in the run folder")
            return None
        receipt = sink.writeback(labels, aligned, this.definitions, this.study, this.manifest.run_id, dry_run=dry_run)
        this.manifest = replace(this.manifest, receipt=asdict(receipt))
        this.keep_json(RECEIPT, asdict(receipt))
        note(f"{receipt.changed:,} rows {'would change' if dry_run else 'changed'}")
    return receipt


def sensitivity(this: Run, records: Records, aligned: Timeline, labels: Labels) -> Sensitivity:
    """Find out which labels other readings flip, and how surely each stands against errors of measurement."""
    with this.show("sensitivity") as note:
        flips = robustness.flips(records, aligned, labels, this.definitions, this.study)
        drawn = robustness.perturb(aligned, labels, this.definitions, this.study, told=partial(note, so_far=True))
        found = Sensitivity.of({**flips, "perturbation": drawn})
        this.leave(SENSITIVITY, found)
        note(f"{len(found.flipped):,} flips, {int(found.perturbation['fragile'].sum()):,} fragile labels")
    return found


def compare(this: Run, labels: Labels) -> Agreement:
    """Find out how far the definitions agree on the same persons."""
    with this.show("agreement") as note:
        found = agreement.compare(labels, this.definitions)
        this.leave(AGREEMENT, found)
        note(f"{len(found.pairs):,} pairs of definitions, {len(found.overlaps):,} combinations")
    return found


def model_growth(this: Run, aligned: Timeline, labels: Labels) -> Growth:
    """Estimate growth over all scans, not over two; experimental."""
    with this.show("growth") as note:
        found = growth_models.model_growth(aligned, labels, this.study)
        this.leave(GROWTH, found)
        note(f"{int(found.growth['model'].notna().sum()):,} of {len(found.growth):,} persons have a model")
    return found


def report(this: Run, aligned: Timeline, labels: Labels, *, patients: bool) -> Path:
    """Tell the run as a clinician would want to read it; the folder with the page, its figures and its tables.

    Shareable unless single `patients` are shown. The agreement is found out first where that was not done.
    """
    found = this.agreement() or compare(this, labels)
    with this.show("report") as note:
        facts = Facts(aligned, labels, found, this.sensitivity(), reported(this.study, this.definitions), this.study)
        told = told_of(facts, this.about, patients=patients)
        folder = this.folder / (REPORT_OF_PATIENTS if patients else REPORT)
        with artefacts.new_content(folder) as place:
            files.write(told, place)
        note(f"{len(told.sections)} sections, {sum(len(each.parts) for each in told.sections):,} tables and figures")
    return folder


def pass_gate(this: Run, stage: str, decision: Decision, gate: str) -> None:
    """Note what the gate says after a stage; raise where it is closed, unless it is only reported."""
    this.manifest = this.manifest.with_gate(stage, decision.told(gate))
    if gate == quality.ENFORCE:
        decision.enforce()


def pass_again(this: Run, aligned: Timeline, labels: Labels, gate: str) -> None:
    """The gate within a run, for artefacts that are to be written back later; one that was only reported is asked."""
    report = quality.validate(aligned, this.definitions, this.study, this.previous_profile())
    pass_gate(this, "validate", quality.decide(report, this.study.gate), gate)
    pass_gate(this, "label", quality.decide_labels(labels, this.study.gate), gate)
