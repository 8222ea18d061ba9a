"""From Vega-Lite to SVG and from SVG to PNG, without a browser and without a network; each drawing once.

The library (vl-convert) works on one core at a time, so that many drawings are given to several processes. They load
nothing but this module.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    _P = ParamSpec("_P")
    _T = TypeVar("_T")

LETTERS: Final = "Hpd Sans"
"""Small letters of our own, by which room is made for words: wide ones, and quicker than those of a system."""
_VERSION: Final = "6.4"
"""Of Vega-Lite."""
_PROCESSES: Final = 2
_FEW: Final = 40
"""Fewer drawings are made in this process: another one takes longer to begin."""


class Renderer:
    """Draws; what was drawn before is not drawn again."""

    def __init__(self, executor: Executor | None = None) -> None:
        """In the processes of the executor, else at once and in this one."""
        self._executor = executor or _Here()
        self._svg: dict[str, Future[str]] = {}
        self._png: dict[str, Future[bytes]] = {}

    def svg(self, spec: str) -> Future[str]:
        """A chart, written as JSON, as SVG."""
        if spec not in self._svg:
            self._svg[spec] = self._executor.submit(_svg, spec)
        return self._svg[spec]

    def png(self, svg: str) -> Future[bytes]:
        """An SVG as pixels, two for one."""
        if svg not in self._png:
            self._png[svg] = self._executor.submit(_png, svg)
        return self._png[svg]


@contextmanager
def renderer(drawings: int) -> Iterator[Renderer]:
    """A renderer for so many drawings."""
    processes = min(_PROCESSES, os.cpu_count() or 1)
    if drawings < _FEW or processes < 2:
        yield HERE
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        yield Renderer(pool)


class _Here(Executor):
    """Does what it is given at once."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """What it gives, done."""
        done: Future[_T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


HERE: Final = Renderer()
"""Draws in this process."""


def _svg(spec: str) -> str:
    return str(_library().vegalite_to_svg(spec, vl_version=_VERSION))


def _png(svg: str) -> bytes:
    return bytes(_library().svg_to_png(svg, scale=2))


@cache
def _library() -> Any:
    """The library, with our letters; on a bare machine there are no others."""
    import vl_convert

    vl_convert.register_font_directory(str(Path(__file__).parent / "templates" / "fonts"))
    return vl_convert
