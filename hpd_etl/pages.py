"""What all pages share: how their templates are found and filled, and how people write a value.

A page is one file that needs nothing else. In `templates`, `head.html` is the head of all of them with what they may
load (nothing), `base.css` their look, and `palette.css` the colours of those that hold figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable


def rendered(template: str, filters: dict[str, Callable[..., Any]] | None = None, /, **told: Any) -> str:
    """The template of this name, filled; what comes from data is text and never markup."""
    import jinja2

    environment = jinja2.Environment(loader=jinja2.PackageLoader("hpd_etl", "templates"), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"plain": plain, **(filters or {})}
    return environment.get_template(template).render(**told)


def plain(value: Any) -> str:
    """A value as people write it; a dash for what is missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return "-"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
