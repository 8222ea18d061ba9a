"""Labels as FHIR R4 resources: an Observation, its Provenance and the Device that made it, as plain dicts. Pure.

A resource is made when it is asked for, so that memory does not grow with the labels. What many have in common stands
in them as bytes that are made once (`parts.plain` is for who wants to look into it); nothing may be changed in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hpd_etl import __version__
from hpd_etl.errors import WriteBackError
from hpd_etl.schema import INTENDED_USE
from hpd_etl.sinks.fhir import terms
from hpd_etl.sinks.fhir.keys import Keys
from hpd_etl.sinks.fhir.measured import Measured
from hpd_etl.sinks.fhir.parts import Part, coded, days, numbers, once, own_code, quantity, unbounded
from hpd_etl.sinks.fhir.said import Said, Words

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from orjson import Fragment

    from hpd_etl.config import Study
    from hpd_etl.criteria import Definition
    from hpd_etl.schema import Labels

Resource = dict[str, Any]


@dataclass(frozen=True)
class Writing:
    """What the resources of one run share beside the labels."""

    canonical: str
    salt: str
    run_id: str
    issued: str
    """The time of the run, an instant of FHIR."""
    sources_there: bool
    """Whether the sink holds the source resources, so that they can be referred to."""


class LabelResources:
    """The resources of labels, by row."""

    def __init__(self, labels: Labels, definitions: Sequence[Definition], study: Study, writing: Writing) -> None:
        self._writing = writing
        self._keys = Keys(writing.salt, study.id)
        rows = labels.labels.sort_values(["person_id", "measure_set", "definition_id"], ignore_index=True)
        self.ids = self._keys.of(rows["person_id"], rows["definition_id"])
        """The logical id of every label; that of its Provenance is the same."""
        if len(set(self.ids)) < len(self.ids):
            raise WriteBackError("two labels would have one id", remedy="report it; nothing was written")
        canonical = writing.canonical
        self._measured = Measured(rows, labels, canonical, study.criteria.month_days,
                                  sources_there=writing.sources_there)
        self._said = Said(rows, canonical, study, definitions)
        persons = rows["person_id"].to_numpy(object).tolist()
        subjects = {name: {"reference": f"Patient/{name}"} for name in dict.fromkeys(persons)}
        self._subjects = [subjects[name] for name in persons]
        self._effective, self._index = days(rows["decided_on"].fillna(rows["index_date"])), days(rows["index_date"])
        self._values, self._unbounded = numbers(rows["value"]), unbounded(rows["value"])
        self.device = _device(canonical)
        self._fixed = self._shared()

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The row of an id."""
        return {name: row for row, name in enumerate(self.ids)}

    def is_of_study(self, name: str) -> bool:
        """Whether a logical id is one of this site and study, be it of a label or of one that is gone."""
        return self._keys.is_of_study(name)

    def observation(self, row: int, status: str = "final") -> Resource:
        """The label itself."""
        said, basis = self._said.of(row), self._measured.of(row)
        return {
            **self._fixed["observation"],
            "id": (name := self.ids[row]),
            "identifier": [{"system": self._fixed["label"], "value": name[4:]}],
            "status": status,
            "subject": self._subjects[row],
            "effectiveDateTime": self._effective[row],
            "method": said.method,
            "component": [
                self._principal(row, said), {"code": self._fixed["index-date"], "valueDateTime": self._index[row]},
                *said.components, *basis.components],
            **said.answer,
            **basis.derived_from,
        }

    def _principal(self, row: int, said: Words) -> Part | Fragment:
        value, code = self._values[row], self._fixed["principal-value"]
        if row in self._unbounded:
            return {"code": code, "dataAbsentReason": self._unbounded[row]}
        if value is None:
            return said.no_value
        return {"code": code, "valueQuantity": quantity(value * said.unit.factor, said.unit.code)}

    def provenance(self, row: int, activity: str = "CREATE") -> Resource:
        """Who made the label, from which versions of which sources; the first dose is one of them."""
        return {
            **self._fixed[activity],
            "id": (name := self.ids[row]),
            "target": [{"reference": f"Observation/{name}"}],
            **self._measured.of(row).entities,
        }

    def withdrawn(self, held: Resource) -> Resource:
        """A label that is no longer given, as it was but for its status."""
        return {**held, **{name: self._fixed["observation"][name] for name in ("meta", "issued")},
                "status": "entered-in-error"}

    def updated(self, held: Resource) -> Resource:
        """The Provenance of a label that was withdrawn."""
        return {**held, **self._fixed["UPDATE"]}

    def shape(self, row: int) -> Hashable:
        """What decides which elements the resources of a row have; two rows of one shape are valid or not together."""
        return (self._said.shape(row), self._values[row] is None, self._measured.shape(row))

    def _shared(self) -> Mapping[str, Any]:
        canonical, writing = self._writing.canonical, self._writing
        by = once({"reference": f"Device/{self.device['id']}"})
        meta = once({"tag": [{"system": f"{canonical}/hpd-run", "code": writing.run_id}]})
        codes = {name: own_code(canonical, name) for name in (terms.LABEL, "principal-value", "index-date")}
        observation = {
            "resourceType": "Observation", "meta": meta, "issued": writing.issued,
            "category": once([coded(terms.CATEGORY, "imaging")]),
            "code": once({**codes[terms.LABEL], "text": "Hyperprogressive disease (derived)"}),
            "device": by, "note": once([{"text": INTENDED_USE}]),
        }
        agent = {"type": coded(terms.PARTICIPANT, "transformer"), "who": by}
        made = {activity: {
            "resourceType": "Provenance", "meta": meta, "occurredDateTime": writing.issued, "recorded": writing.issued,
            "activity": once(coded(terms.OPERATION, activity)), "agent": once([agent]),
        } for activity in ("CREATE", "UPDATE")}
        return {"observation": observation, "label": label_system(canonical),
                **{name: once(code) for name, code in codes.items()}, **made}


def label_system(canonical: str) -> str:
    """The system of the identifiers of labels."""
    return f"{canonical}/hpd-label"


def _device(canonical: str) -> Resource:
    """The software, one Device a version."""
    return {
        "resourceType": "Device",
        "id": Keys.of_device(canonical, __version__),
        "identifier": [{"system": f"{canonical}/hpd-device", "value": f"hpd-etl {__version__}"}],
        "status": "active",
        "deviceName": [{"name": "hpd-etl", "type": "model-name"}],
        "type": {"text": "software"},
        "version": [{"value": __version__}],
        "note": [{"text": INTENDED_USE}],
    }
