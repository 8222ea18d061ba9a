"""What a drug code stands for, why a treatment was stopped, and what study and site may say of either."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpd_etl import codes
from hpd_etl.errors import ConfigurationError
from hpd_etl.schema import DOSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from hpd_etl.config import Mapping as SiteMapping
    from hpd_etl.config import Study


_IGNORE = "ignore"


def naming(names: Iterable[str]) -> Callable[[str], object]:
    """What tells whether words hold one of these names, with no Latin letter before or after it: `OPDIVO_40MG` does."""
    held = "|".join(map(re.escape, sorted(names))) or "(?!)"
    return re.compile(rf"(?<![A-Za-z])(?:{held})(?![A-Za-z])", re.IGNORECASE).search


@dataclass(frozen=True)
class Drug:
    """What a drug code means: an agent, and until when the code was in force."""

    agent: str
    valid_from: date | None = None
    valid_to: date | None = None


def check_agents(study: Study) -> None:
    """Raise ConfigurationError where the study names an unknown checkpoint inhibitor, or compares with a known one."""
    known = codes.checkpoint_ingredients()
    for agent in study.index.agents:
        if agent not in known:
            near = difflib.get_close_matches(agent, known, n=1)
            hint = f", did you mean {near[0]}?" if near else ""
            raise ConfigurationError(f"index.agents: no checkpoint inhibitor is called {agent}{hint}",
                                     remedy="names are the ingredients in mappings/checkpoint_inhibitors.csv")
    concepts = {int(entry.code) for entry in codes.checkpoint_codes() if entry.system == "OMOP"}
    for comparator in study.comparators:
        for agent, own in comparator.agents.items():
            if agent in known or concepts & set(own.omop):
                raise ConfigurationError(f"comparators: {agent} of {comparator.cohort} is a checkpoint inhibitor",
                                         remedy="a comparator is a cohort without checkpoint inhibitors")


def check_site_agents(mapping: SiteMapping) -> None:
    """Raise ConfigurationError where the site takes a code for a checkpoint inhibitor that nobody knows."""
    known = set(codes.checkpoint_ingredients())
    for agent in site_agents(mapping).values():
        if agent not in known:
            raise ConfigurationError(f"mapping.agents: {agent!r} is no checkpoint inhibitor of the list",
                                     remedy="use an ingredient of mappings/checkpoint_inhibitors.csv, or ignore")


def site_agents(mapping: SiteMapping) -> dict[str, str]:
    """What the site takes for a checkpoint inhibitor."""
    return {key: agent for key, agent in mapping.agents.items() if agent != _IGNORE}


def no_agents(mapping: SiteMapping) -> dict[str, str]:
    """What the site says is none, whatever its words name: an allergy, a consultation."""
    return {key: agent for key, agent in mapping.agents.items() if agent == _IGNORE}


def stop_reasons(mapping: SiteMapping) -> dict[str, str]:
    """Lower-case text -> why a treatment was stopped, or `ignore`; the site's words before the shipped ones."""
    values = DOSES["stop_reason"].values
    for key, value in mapping.stop_reasons.items():
        if value not in (*values, _IGNORE):
            raise ConfigurationError(f"mapping.stop_reasons: {key!r} = {value!r} is no reason",
                                     remedy=f"use one of {', '.join(values)}, {_IGNORE}")
    return codes.stop_reasons() | {key.strip().lower(): value for key, value in mapping.stop_reasons.items()}
