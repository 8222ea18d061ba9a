"""Stands in `hpd_etl.check`."""

from hpd_etl.check import Check, State

__all__ = ["Check", "State"]
