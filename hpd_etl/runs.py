"""A run and its folder: what was asked, what was left at which stage, and from what it was made."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from hpd_etl import artefacts, assets, criteria, library, progress, quality
from hpd_etl.artefacts import (
    AGREEMENT,
    FUNNEL,
    GROWTH,
    LABELS,
    MANIFEST,
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
from hpd_etl.errors import ConfigurationError, UnsupportedVersionError
from hpd_etl.manifest import Manifest, Status, fingerprint
from hpd_etl.quality.profile import read_profile
from hpd_etl.schema import Agreement, Bundle, Labels, Records, Sensitivity, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from hpd_etl.config import Site, Study
    from hpd_etl.criteria.definition import Definition
    from hpd_etl.quality.profile import Profile

_ORDER = (RECORDS, TIMELINE, QUALITY, PAGE, PROFILE, SUSPICIONS, LABELS, FUNNEL, RECEIPT, SENSITIVITY, AGREEMENT,
          GROWTH, REPORT, REPORT_OF_PATIENTS)


@dataclass
class Run:
    """One run: what was asked, the folder with its artefacts, and what became of it so far."""

    study: Study
    site: Site
    definitions: tuple[Definition, ...]
    folder: Path
    manifest: Manifest
    show: progress.Progress = progress.silent
    before: Mapping[str, Any] | None = None
    """What the manifest of a run that is taken up again said; None once something new was left."""

    def __enter__(self) -> Self:
        self._save()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.manifest = self.manifest.end(error)
        if error is not None:
            error.add_note(f"run folder: {self.folder}")
        if self.before is not None and isinstance(error, ConfigurationError):
            artefacts.write_json(dict(self.before), self.folder / MANIFEST)  # refused: the run is what it was
        else:
            self._save()

    def keep(self, stage: str, artefact: str, bundle: Bundle, manifest: Manifest) -> None:
        """Leave the artefact of this stage; what had been made from an older one is taken away."""
        self.leave(artefact, bundle)
        artefacts.discard(self.folder, *_ORDER[_ORDER.index(artefact) + 1:])
        self.manifest = replace(manifest, made_from={**manifest.made_from, stage: self.made_from()[stage]})
        self._save()

    def leave(self, artefact: str, bundle: Bundle) -> None:
        """Leave what was found out about the labels; nothing is made from it."""
        self.before = None
        artefacts.write(bundle, self.folder / artefact)

    def keep_json(self, artefact: str, content: dict[str, Any]) -> None:
        """Leave a report in the run folder."""
        artefacts.write_json({"format": artefacts.FORMAT, **content}, self.folder / artefact)

    def keep_text(self, artefact: str, text: str) -> None:
        """Leave a page in the run folder."""
        artefacts.write_text(text, self.folder / artefact)

    @property
    def about(self) -> dict[str, str]:
        """What a page says of the run; nothing of the site."""
        return {"study": self.study.id, "title": self.study.title, "run": self.manifest.run_id,
                "version": self.manifest.versions["hpd_etl"]}

    def records(self) -> Records:
        """What `extract` left."""
        return artefacts.read(Records, self._fresh("extract", RECORDS))

    def timeline(self) -> Timeline:
        """What `align` left."""
        return artefacts.read_timeline(self._fresh("align", TIMELINE))

    def labels(self) -> Labels:
        """What `label` left."""
        return artefacts.read(Labels, self._fresh("label", LABELS))

    def compare_with(self, named: Path | None = None) -> Profile | None:
        """The profile of the run in this folder, else of the last earlier one of its kind; None at first.

        It is remembered for `previous_profile`. A run that did not end well, or that another release left, is passed
        over unless it is named. Raises `ConfigurationError` where the named one is of another study, site or source.
        """
        found = next(self._earlier(), None) if named is None else (named, self._named(named))
        self.manifest = replace(self.manifest, compared={} if found is None else {
            "run_id": str(found[1].get("run_id")), "folder": os.path.relpath(found[0], self.folder)})
        return self.previous_profile()

    def agreement(self) -> Agreement | None:
        """What `agreement` left; None where it was not run."""
        return artefacts.read(Agreement, place) if (place := self.folder / AGREEMENT).exists() else None

    def sensitivity(self) -> Sensitivity | None:
        """What `sensitivity` left; None where it was not run."""
        return artefacts.read(Sensitivity, place) if (place := self.folder / SENSITIVITY).exists() else None

    def previous_profile(self) -> Profile | None:
        """The profile that `validate` compared with, whatever runs came since; chosen now where it did not."""
        if self.manifest.compared is None:
            return self.compare_with()
        folder = self.manifest.compared.get("folder")
        return None if folder is None else read_profile(self.folder / folder / PROFILE)

    def _earlier(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The runs of its kind that ended well before this one and left a profile, the last first."""
        for path in sorted(self.site.runs.glob(f"*/{PROFILE}"), reverse=True):
            with suppress(UnsupportedVersionError):
                before = artefacts.read_json(path.parent / MANIFEST)
                ended = before.get("status") == Status.OK and str(before.get("run_id")) < self.manifest.run_id
                if ended and _kind(before) == _kind(self.manifest.content()):
                    read_profile(path)
                    yield path.parent, before

    def _named(self, folder: Path) -> dict[str, Any]:
        read_profile(folder / PROFILE)
        before = artefacts.read_json(folder / MANIFEST)
        theirs, ours = _kind(before), _kind(self.manifest.content())
        for what, other, own in zip(("study", "site", "source"), theirs, ours, strict=True):
            if other != own:
                raise ConfigurationError(f"{folder} is a run of {what} {other}, this one is of {own}",
                                         remedy="name a run of the same kind, or leave --previous out")
        return before

    def made_from(self) -> dict[str, str]:
        """For each stage, the hash of all that decides its artefact but the data."""
        study, source = self.study.model_dump(mode="json"), _without_secrets(self.site)["source"]
        windows = criteria.window_sets(self.definitions, self.study)
        extract_ = fingerprint([study["index"]["agents"], study["comparators"], source, _mappings()])
        align_ = fingerprint([extract_, study["index"], study["lesions"],
                              {name: chosen.model_dump(mode="json") for name, chosen in windows.items()}])
        study["criteria"].pop("folder")
        label_ = fingerprint([align_, study["criteria"], [definition.sha256 for definition in self.definitions]])
        return {"extract": extract_, "align": align_, "label": label_}

    def _fresh(self, stage: str, artefact: str) -> Path:
        path = self.folder / artefact
        if path.exists() and self.manifest.made_from.get(stage) != self.made_from()[stage]:
            raise ConfigurationError(f"{path} was made with another study.toml or site.toml",
                                     remedy=f"run `hpd-etl {stage}` again")
        return path

    def _save(self) -> None:
        self.keep_json(MANIFEST, self.manifest.content())


@contextmanager
def started(study: Study, site: Site, folder: Path | None, show: progress.Progress = progress.silent) -> Iterator[Run]:
    """A new run; the folder is made in `site.runs` unless one is given."""
    definitions = _definitions(study)
    manifest = Manifest.start(study.id, site.name)
    place = folder or site.runs / manifest.run_id
    with artefacts.locked(place.parent):
        made = replace(manifest, inputs=_inputs(study, site, definitions))
        with Run(study, site, definitions, artefacts.new_folder(place), made, show) as this:
            yield this


@contextmanager
def resumed(study: Study, site: Site, folder: Path | None, show: progress.Progress = progress.silent) -> Iterator[Run]:
    """A run taken up again in its folder: the newest in `site.runs` unless one is given."""
    definitions = _definitions(study)
    place = folder or artefacts.newest(site.runs)
    with artefacts.locked(place.parent):
        before = artefacts.read_json(place / MANIFEST)
        try:
            manifest = replace(Manifest.read(before), inputs=_inputs(study, site, definitions))
        except TypeError as error:
            raise artefacts.unsupported(place / MANIFEST, "it is no manifest of a run") from error
        with Run(study, site, definitions, place, manifest, show, before) as this:
            yield this


def _kind(manifest: Mapping[str, Any]) -> tuple[object, object, object]:
    """What two runs have to share to be compared: study, site and kind of source."""
    return manifest.get("study"), manifest.get("site"), dict(manifest.get("source") or {}).get("source")


def _definitions(study: Study) -> tuple[Definition, ...]:
    """The definitions of the study; raises `ConfigurationError` where it names one, or a check, that nobody knows."""
    quality.refuse_unknown_checks(study)
    return library.chosen(study)


# --- hashes -----------------------------------------------------------------------------------


def _inputs(study: Study, site: Site, definitions: Sequence[Definition]) -> dict[str, Any]:
    asked = study.model_dump(mode="json")
    asked["criteria"].pop("folder")
    return {
        "study_sha256": fingerprint(asked),
        "site_sha256": fingerprint(_without_secrets(site)),
        "definitions": [{"id": each.id, "version": each.version, "sha256": each.sha256} for each in definitions],
        "mappings": _mappings(),
    }


def _without_secrets(site: Site) -> dict[str, Any]:
    content = site.model_dump(mode="json", exclude={"runs": True})
    for part in filter(None, (content["source"], content["sink"])):
        part.pop("salt", None)
        if "access" in part:  # a folder needs none
            part["access"] = {"url": part["access"]["url"]}
    return content


def _mappings() -> dict[str, str]:
    return {name: assets.sha256(name) for name in assets.mapping_names()}
