"""The options that several verbs take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

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
