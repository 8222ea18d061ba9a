"""When not to look for garbage: where there are many objects, and no cycles among them."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage is looked for: resources hold no cycles, and there are many of them.

    A process that is forked in here does not look either, and so leaves the pages of its parent alone.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
