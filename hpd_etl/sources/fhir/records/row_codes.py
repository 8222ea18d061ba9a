"""What a resource says as a code where nobody knows it: its coding, else its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl.sources.refused_codes import TEXT, Code, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.sources.columns import Rows
    from hpd_etl.sources.fhir.decode.shapes import CodeableConcept, Resource
    from hpd_etl.sources.fhir.records.codes import Tokens
    from hpd_etl.sources.fhir.records.observations import Told
    from hpd_etl.sources.refused_codes import Tells

_STATUS = "status"


def of_concept(tokens: Tokens, *concepts: CodeableConcept | None, text: str | None = None) -> Code | None:
    """The first coding of these concepts, else a text, else what a concept is called; None where nothing is said."""
    given = [concept for concept in concepts if concept is not None]
    for concept in given:
        for token in tokens.of(concept):
            system, _, code = token.rpartition("|")
            return Code(system or TEXT, code)
    said = (text, *(words for concept in given for words in (concept.text, *(each.display for each in concept.coding))))
    return next((Code(TEXT, " ".join(words.split())) for words in said if words and words.strip()), None)


def of_status(resource: Resource) -> Code | None:
    """The status of an event, which has no system."""
    status = getattr(resource, "status", None)
    return Code(_STATUS, status) if isinstance(status, str) and status else None


def of_value(each: Told, tokens: Tokens) -> Code | None:
    """What stands in place of a value, or why there is none."""
    holder = each.holder
    return of_concept(tokens, holder.value_codeable_concept, holder.data_absent_reason, text=holder.value_string)


def teller(found: Sequence[Told], tokens: Tokens) -> Tells:
    """Asks the Observation behind a row; its place stands in the column `place`."""

    def tells(rows: Rows, part: Part) -> Sequence[Code | None]:
        return [_of(found[place], part, tokens) for place in rows.ints("place").tolist()]

    return tells


def _of(each: Told, part: Part, tokens: Tokens) -> Code | None:
    if part == Part.UNIT:
        return _unit(each, tokens)
    return of_concept(tokens, each.holder.code) if part == Part.CODE else of_value(each, tokens)


def _unit(each: Told, tokens: Tokens) -> Code | None:
    quantity = each.holder.value_quantity
    if quantity is None:
        return None
    system, words = (quantity.system or "").strip(), (quantity.unit or "").strip()
    if quantity.code and quantity.code.strip():
        return Code(tokens.systems.get(system, system) or TEXT, quantity.code.strip())
    return Code(TEXT, words) if words else None
