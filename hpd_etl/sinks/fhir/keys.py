"""Logical ids: `hpd-` and 40 hexadecimal digits, the same in every run and saying nothing of a patient.

Twelve digits are of site and study, twenty of the person, eight of the definition; each is a hash keyed with the
salt of the site. So what belongs to a study is known by its beginning, whoever else writes to the same server.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_OURS = re.compile(r"hpd-[0-9a-f]{40}")
_STUDY, _PERSON, _DEFINITION, _WHOLE = 6, 10, 4, 20
"""Bytes; a hexadecimal digit is half a byte."""


class Keys:
    """The ids of one site and study."""

    def __init__(self, salt: str, study_id: str) -> None:
        secret = hashlib.sha256(salt.encode()).digest()
        self._start = f"hpd-{_hash(study_id, _STUDY, secret)}"
        self._key = hashlib.sha256(secret + study_id.encode()).digest()

    def of(self, persons: pd.Series[str], definitions: pd.Series[str]) -> list[str]:
        """The id of each label, by person and definition."""
        starts = {name: self._start + _hash(name, _PERSON, self._key) for name in persons.unique()}
        ends = {name: _hash(name, _DEFINITION, self._key) for name in definitions.unique()}
        return [starts[person] + ends[definition] for person, definition in zip(
            persons.to_numpy(object), definitions.to_numpy(object), strict=True)]

    def is_of_study(self, name: str) -> bool:
        """Whether an id is of this site and study."""
        return name.startswith(self._start) and _OURS.fullmatch(name) is not None

    @staticmethod
    def of_device(canonical: str, version: str) -> str:
        """The id of the software of this version; sites that share a canonical share it."""
        return f"hpd-{_hash(f'device {version}', _WHOLE, hashlib.sha256(canonical.encode()).digest())}"


def _hash(text: str, size: int, key: bytes) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size, key=key).hexdigest()
