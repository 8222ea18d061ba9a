"""`python -m hpd_etl.cli`."""

from hpd_etl.cli import main

main()
