"""A synthetic hospital whose true labels are known by construction."""

from hpd_etl.demo.hospital import Truth, build, compare, tables, truth
from hpd_etl.demo.ndjson import export
from hpd_etl.demo.settings import fhir_site_toml, omop_site_toml, study_toml

__all__ = ["Truth", "build", "compare", "export", "fhir_site_toml", "omop_site_toml", "study_toml", "tables", "truth"]
