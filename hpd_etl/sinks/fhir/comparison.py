"""What a FHIR sink holds of ours against what it shall hold; only what differs is written, and read back afterwards.

Nothing here knows whether the sink is a server or a folder. Two resources are the same if they say the same: when,
by which run and with which release they were written does not count, so that running again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import orjson

from hpd_etl.errors import WriteBackError
from hpd_etl.garbage import uncollected
from hpd_etl.sinks import Counts
from hpd_etl.sinks.fhir import validation
from hpd_etl.sinks.fhir.label_resources import label_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hpd_etl.sinks.fhir.label_resources import LabelResources, Resource

LABEL, PROVENANCE, DEVICE = "Observation", "Provenance", "Device"
WITHDRAWN = "entered-in-error"
_STANDING = {"final", "amended", "corrected"}
_UNSAID = {
    LABEL: ("meta", "text", "issued", "status", "device"),
    PROVENANCE: ("meta", "text", "occurredDateTime", "recorded", "activity", "agent"),
    DEVICE: ("meta", "text"),
}
"""Elements in which two resources that say the same may differ."""


class Write(NamedTuple):
    """A resource to be put, and the version it replaces, where one is known."""

    resource: Resource
    replaces: str | None = None


class Before(NamedTuple):
    """What a resource that is to be written replaces."""

    there: bool = False
    version: str | None = None
    """Where the store keeps versions."""


class Store(Protocol):
    """A place that holds resources."""

    base: str
    """What absolute references to its own resources begin with."""

    def labels(self) -> Iterator[Resource]:
        """Every Observation that bears our code, whichever study it is of."""

    def named(self, kind: str, names: Sequence[str], *, surely: bool = False) -> Iterator[Resource]:
        """The resources with these logical ids, as far as there are any; `surely` trusts no index of a search."""

    def write(self, groups: Iterable[list[Write]]) -> None:
        """Put the resources; those of a group together or not at all."""


def writeback(store: Store, wanted: LabelResources, canonical: str, *, strict: bool,
              dry_run: bool) -> dict[str, Counts]:
    """Make the store hold exactly these labels of their study; raises WriteBackError where it holds a foreign one."""
    with uncollected():
        plan = compare(store, wanted, canonical)
        validation.require_valid(plan.resources() if strict else plan.sample(validation.ONE_IN))
        if plan.changes and not dry_run:
            store.write(plan.groups())
            _read_back(store, plan)
    return plan.counts


# --- the plan -----------------------------------------------------------------------------------


@dataclass
class Plan:
    """What has to be written; resources are made when they are asked for."""

    wanted: LabelResources
    counts: dict[str, Counts]
    device: Write | None
    labels: dict[int, Before] = field(default_factory=dict)
    """Rows whose label is new or differs."""
    sources: dict[int, Before] = field(default_factory=dict)
    """Rows whose Provenance has to be written."""
    gone: list[list[Write]] = field(default_factory=list)
    """Labels that are no longer given, each with its Provenance."""

    @property
    def changes(self) -> bool:
        """Whether anything has to be written."""
        return bool(self.sources or self.gone)

    def groups(self) -> Iterator[list[Write]]:
        """What is written, the Device first; what belongs together stands together."""
        if self.device is not None:
            yield [self.device]
        yield from map(self._group, sorted(self.sources))
        yield from self.gone

    def resources(self) -> Iterator[Resource]:
        """All that is written."""
        return (write.resource for group in self.groups() for write in group)

    def sample(self, one_in: int) -> Iterator[Resource]:
        """A resource of every distinct shape, and those of one row in so many; no other is made."""
        shapes = {(self.wanted.shape(row), row in self.labels): row for row in self.sources}
        rows = dict.fromkeys([*shapes.values(), *sorted(self.sources)[::one_in]])
        groups = chain(([self.device] if self.device else [],), map(self._group, rows), self.gone[::one_in])
        return (write.resource for group in groups for write in group)

    def _group(self, row: int) -> list[Write]:
        group = []
        if row in self.labels:
            before = self.labels[row]
            status = "amended" if before.there else "final"
            group.append(Write(self.wanted.observation(row, status), before.version))
        before = self.sources[row]
        activity = "UPDATE" if before.there else "CREATE"
        return [*group, Write(self.wanted.provenance(row, activity), before.version)]


def compare(store: Store, wanted: LabelResources, canonical: str) -> Plan:
    """What has to be written so that the store holds the wanted labels."""
    held = _Held(store, wanted, canonical)
    labels, withdrawn = held.labels()
    sources = held.sources(labels, withdrawn)
    gone = [_withdrawal(wanted, label, source) for label, source in withdrawn.values()]
    plan = Plan(wanted, {}, None, labels, sources, gone)
    device, plan.device = held.device(needed=plan.changes)
    plan.counts = {
        LABEL: _counts(len(wanted), labels, len(withdrawn)),
        PROVENANCE: _counts(len(wanted), sources, sum(len(group) - 1 for group in gone)),
        DEVICE: device,
    }
    return plan


def _counts(given: int, touched: dict[int, Before], retracted: int) -> Counts:
    amended = sum(before.there for before in touched.values())
    return Counts(len(touched) - amended, amended, given - len(touched), retracted)


def _withdrawal(wanted: LabelResources, label: Resource, source: Resource | None) -> list[Write]:
    group = [Write(wanted.withdrawn(label), version_of(label))]
    return group if source is None else [*group, Write(wanted.updated(source), version_of(source))]


# --- what is held -------------------------------------------------------------------------------


class _Held:
    """Reads a store and compares."""

    def __init__(self, store: Store, wanted: LabelResources, canonical: str) -> None:
        self._store, self._wanted, self._system = store, wanted, label_system(canonical)

    def labels(self) -> tuple[dict[int, Before], dict[str, tuple[Resource, Resource | None]]]:
        """The rows whose label is not held as wanted, and the labels of the study that are no longer wanted."""
        left = set(self._wanted.ids)
        differing: dict[int, Before] = {}
        withdrawn: dict[str, tuple[Resource, Resource | None]] = {}
        for held in chain(self._store.labels(), self._named(LABEL, left)):
            name = held["id"]
            if not self._wanted.is_of_study(name):
                continue
            self._require_own(held, [each.get("value") for each in held.get("identifier", ())
                                     if each.get("system") == self._system] == [name[4:]])
            row = self._wanted.rows.get(name)
            if row is None:
                if held.get("status") != WITHDRAWN:
                    withdrawn[name] = (held, None)
            elif name in left:
                left.discard(name)
                if held.get("status") not in _STANDING or not self._same(held, self._wanted.observation(row)):
                    differing[row] = Before(True, version_of(held))
        return differing | self._new(left), withdrawn

    def sources(self, labels: dict[int, Before],
                withdrawn: dict[str, tuple[Resource, Resource | None]]) -> dict[int, Before]:
        """The rows whose Provenance has to be written; fills in that of the withdrawn labels."""
        left = set(self._wanted.ids)
        differing: dict[int, Before] = {}
        for held in self._store.named(PROVENANCE, [*self._wanted.ids, *withdrawn]):
            name = held["id"]
            targets = [each.get("reference", "").removeprefix(self._store.base) for each in held.get("target", ())]
            self._require_own(held, targets == [f"{LABEL}/{name}"])
            if name in withdrawn:
                withdrawn[name] = (withdrawn[name][0], held)
                continue
            left.discard(name)
            row = self._wanted.rows[name]
            if row in labels or not self._same(held, self._wanted.provenance(row)):
                differing[row] = Before(True, version_of(held))
        return differing | self._new(left)

    def _new(self, left: set[str]) -> dict[int, Before]:
        return dict.fromkeys((row for row, name in enumerate(self._wanted.ids) if name in left), Before())

    def device(self, *, needed: bool) -> tuple[Counts, Write | None]:
        """The Device, written where a label will refer to it and it is not there as it should be."""
        wanted = self._wanted.device
        if not needed:
            return Counts(), None
        for held in self._store.named(DEVICE, [wanted["id"]]):
            self._require_own(held, held.get("identifier") == wanted["identifier"])
            if self._same(held, wanted):
                return Counts(unchanged=1), None
            return Counts(amended=1), Write(wanted, version_of(held))
        return Counts(inserted=1), Write(wanted)

    def _named(self, kind: str, left: set[str]) -> Iterator[Resource]:
        """Those that the search did not give; asked for when the search has ended."""
        yield from self._store.named(kind, sorted(left))

    def _same(self, held: Resource, wanted: Resource) -> bool:
        return same(held, wanted, self._store.base)

    @staticmethod
    def _require_own(held: Resource, own: bool) -> None:
        if not own:
            raise WriteBackError(f"the sink holds a {held.get('resourceType')} under an id of ours that is not ours",
                                 remedy="find out who wrote it; nothing was changed")


def same(held: Resource, wanted: Resource, base: str) -> bool:
    """Whether two resources say the same."""
    unsaid = _UNSAID[wanted["resourceType"]]
    ours = {name: value for name, value in wanted.items() if name not in unsaid}
    theirs = {name: value for name, value in held.items() if name not in unsaid}
    if ours.keys() != theirs.keys():
        return False
    said = orjson.dumps(ours)
    if said == orjson.dumps({name: theirs[name] for name in ours}):  # by far most: the store keeps them as they came
        return True
    read = orjson.loads(said)
    return bool(read == theirs or read == _relative(theirs, base))


def _relative(part: Any, base: str) -> Any:
    """The part with references to the server itself as we write them."""
    if isinstance(part, dict):
        return {name: value.removeprefix(base) if name == "reference" and isinstance(value, str)
                else _relative(value, base) for name, value in part.items()}
    return [_relative(each, base) for each in part] if isinstance(part, list) else part


def version_of(held: Resource) -> str | None:
    """The version of a resource, where the store keeps versions."""
    version = held.get("meta", {}).get("versionId")
    return None if version is None else str(version)


# --- afterwards ---------------------------------------------------------------------------------


def _read_back(store: Store, plan: Plan) -> None:
    """Raise WriteBackError unless all that was written is there, saying what it should."""
    for kind in (DEVICE, LABEL, PROVENANCE):
        left = _written(plan, kind)
        for held in store.named(kind, sorted(left), surely=True):
            wanted = left.get(held["id"])
            if wanted is not None and arrived(held, wanted(), store.base):
                del left[held["id"]]
        if left:
            raise WriteBackError(f"{len(left)} resources of type {kind} are not as they were written",
                                 remedy="look at the log of the server, then run again: what is missing is written")


def arrived(held: Resource, wanted: Resource, base: str) -> bool:
    """Whether a resource is there as it was written."""
    return held.get("status") == wanted.get("status") and same(held, wanted, base)


def _written(plan: Plan, kind: str) -> dict[str, Callable[[], Resource]]:
    """Id -> how to make what was written under it."""
    ids = plan.wanted.ids
    rows = {LABEL: plan.labels, PROVENANCE: plan.sources}.get(kind, {})
    place = {LABEL: 0, PROVENANCE: -1}.get(kind, 0)
    made: dict[str, Callable[[], Resource]] = {
        ids[row]: (lambda row=row: plan._group(row)[place].resource) for row in rows}  # type: ignore[misc]
    others = [write.resource for group in ([plan.device] if plan.device else [], *plan.gone) for write in group]
    return made | {each["id"]: (lambda each=each: each) for each in others
                   if each["resourceType"] == kind}
