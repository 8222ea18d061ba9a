"""Our resources held against `fhir.resources` before anything is sent: each distinct shape, and one in a hundred."""

from __future__ import annotations

from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from hpd_etl.errors import WriteBackError
from hpd_etl.sinks.fhir.parts import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hpd_etl.sinks.fhir.label_resources import Resource

ONE_IN = 100
"""The sample of a run that is not `strict`."""


def require_valid(resources: Iterable[Resource]) -> None:
    """Raise WriteBackError naming the elements that are wrong, never a value."""
    wrong: dict[str, int] = {}
    for place in chain.from_iterable(map(_wrong, resources)):
        wrong[place] = wrong.get(place, 0) + 1
    if wrong:
        told = ", ".join(f"{place} ({count})" for place, count in sorted(wrong.items()))
        raise WriteBackError(f"resources made of the labels are no valid FHIR R4: {told}",
                             remedy="report it with these names; nothing was written")


def _wrong(resource: Resource) -> Iterator[str]:
    kind = resource["resourceType"]
    model: type[BaseModel] = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    try:
        model.model_validate(plain(resource))
    except ValidationError as error:
        for detail in error.errors(include_input=False, include_url=False):
            yield ".".join([kind, *(str(part) for part in detail["loc"] if isinstance(part, str))])
