"""The printed statements: those we run are those we print, and the compiled ones are SQL of their dialect."""

from __future__ import annotations

import pytest
import sqlglot

from hpd_etl.config import Access, OmopSource, Site
from hpd_etl.errors import ConfigurationError
from hpd_etl.sources import statements
from tests.contract.wards import STUDY

DIALECTS = {"sqlserver": "tsql", "snowflake": "snowflake", "bigquery": "bigquery", "databricks": "databricks",
            "redshift": "redshift", "postgresql": "postgres", "sqlite": "sqlite", "duckdb": "duckdb"}
SITE = Site(source=OmopSource.model_validate({
    "access": Access(url="postgresql://host/db"), "cdm": "cdm", "vocabulary": "words",
    "mapping": {"measurements": {"O'Brien's sum": "sum_sld", "2000000001": "short_axis"},
                "procedures": {"RT": "radiation"}}}))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_statement_is_sql_of_its_dialect(dialect: str) -> None:
    """A parser that is not ours reads each statement as one SELECT."""
    parsed = sqlglot.parse(statements(STUDY, SITE, dialect), dialect=DIALECTS[dialect])
    assert len(parsed) == 22
    assert {type(statement) for statement in parsed} == {sqlglot.exp.Select}


def test_what_is_only_compiled_says_so() -> None:
    """Nobody takes a text for tested that no test has run."""
    assert "not run" in statements(STUDY, SITE, "snowflake")
    assert "not run" not in statements(STUDY, SITE)


def test_schemas_and_own_codes_are_put_in() -> None:
    """The printed text names the site's schemas and codes, quoted as text."""
    told = statements(STUDY, SITE)
    assert "from cdm.drug_exposure e" in told
    assert "from words.concept c" in told
    assert "'O''Brien''s sum'" in told


def test_an_unknown_dialect_is_refused() -> None:
    """The message lists the dialects that there are."""
    with pytest.raises(ConfigurationError) as refused:
        statements(STUDY, SITE, "oracle")
    assert "snowflake" in refused.value.remedy
