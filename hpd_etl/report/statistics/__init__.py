"""Tests, intervals and models of the report: which one is chosen, by rules that do not look at the result.

The numbers come from SciPy, statsmodels and firthmodels. Only what none of them has is made here: the exact test of
Freeman and Halton for two columns, by counting all tables with the same margins.
"""
