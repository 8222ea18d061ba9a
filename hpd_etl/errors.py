"""The errors of `hpd_etl`, grouped by what the caller should do.

::

    HpdEtlError                     1   unexpected: report it
    ├── ConfigurationError          2   mend study.toml, site.toml or the command line
    ├── SourceError                 3   try again: the source broke off or timed out
    ├── AccessError                 4   ask for the right to connect, read or write
    ├── QualityGateError            5   look at the quality report; nothing was written back
    ├── BudgetError                 6   too much was quarantined or not evaluable
    ├── WriteBackError              7   the sink holds something that is not ours
    ├── PrivacyError                8   the release would disclose too much
    ├── LockedError                 9   another run holds the lock
    └── UnsupportedVersionError    10   the CDM, FHIR, artefact or results schema is of an unknown version

Only `cli` turns an error into its exit code. A message holds counts, codes and names of
columns; never a patient's value or identifier.
"""

from __future__ import annotations

from typing import ClassVar


class HpdEtlError(Exception):
    """Base of all errors raised on purpose; `remedy` says what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class ConfigurationError(HpdEtlError):
    """The configuration or the command line is wrong; mend it and run again."""

    exit_code = 2


class SourceError(HpdEtlError):
    """The source failed in passing; running again may work and changes nothing else."""

    exit_code = 3


class AccessError(HpdEtlError):
    """Connecting, reading or writing was refused."""

    exit_code = 4


class QualityGateError(HpdEtlError):
    """A critical quality check failed; nothing was written back."""

    exit_code = 5


class BudgetError(HpdEtlError):
    """More was quarantined or not evaluable than the study allows."""

    exit_code = 6


class WriteBackError(HpdEtlError):
    """The sink holds something that is not ours, or refused what was written.

    A results schema is then as it was; of a FHIR sink the message says what had been written.
    """

    exit_code = 7


class PrivacyError(HpdEtlError):
    """What would leave the hospital discloses more than the study allows."""

    exit_code = 8


class LockedError(HpdEtlError):
    """Another run is working on the same folder or results schema."""

    exit_code = 9


class UnsupportedVersionError(HpdEtlError):
    """A CDM, a FHIR server, an artefact or a results schema is of a version this release does not know."""

    exit_code = 10
