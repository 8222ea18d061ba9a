"""A synthetic hospital whose true labels are known by construction."""

from hpd_etl.demo.hospital import Truth, build, compare, tables, truth
from hpd_etl.demo.settings import omop_site_toml, study_toml

__all__ = ["Truth", "build", "compare", "omop_site_toml", "study_toml", "tables", "truth"]
