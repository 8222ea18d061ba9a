"""Options of the whole suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Contract tests run against any FHIR server."""
    parser.addoption("--fhir-url", metavar="URL", help="base address of a FHIR server (R4, no login) that the contract "
                     "tests may write to, in place of those they start; it may hold data, which they leave alone")
