"""A session with a FHIR server: search, read, write and download, with access and retries."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin

from hpd_etl.errors import SourceError
from hpd_etl.fhir_http import answers, paging
from hpd_etl.fhir_http.access import authorisation
from hpd_etl.fhir_http.answers import ExpiredPageError, HttpError, Response
from hpd_etl.fhir_http.channel import Channel
from hpd_etl.fhir_http.retries import tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import httpx2

    from hpd_etl.config import FhirAccess


@contextmanager
def connect(access: FhirAccess, scopes: Sequence[str]) -> Iterator[Session]:
    """A session with the rights that are needed, such as `system/Observation.read`; nothing is sent yet."""
    channel = Channel(access)
    try:
        yield Session(access, channel, authorisation(access, scopes, channel))
    finally:
        channel.close()


class Session:
    """Talks to one server; safe for threads. Addresses count from `base` unless they are absolute."""

    def __init__(self, access: FhirAccess, channel: Channel, auth: httpx2.Auth | None) -> None:
        self.base = channel.base
        self._access = access
        self._channel = channel
        self._auth = auth

    def get(self, address: str, parameters: Sequence[tuple[str, str]] = (),
            headers: Mapping[str, str] | None = None) -> Response:
        """What is at this address; raises AccessError for 401 and 403, HttpError for all else from 400 on."""
        where = _with(self._ours(address), parameters)
        return tried(self._access, lambda: self._asked("GET", where, headers=headers))

    def post(self, address: str, parameters: Sequence[tuple[str, str]]) -> Response:
        """The answer to a form, such as that of a search whose parameters shall stand in no log; retried."""
        where = self._ours(address)
        return tried(self._access, lambda: self._form(where, parameters))

    def send(self, method: str, address: str, body: bytes, headers: Mapping[str, str] | None = None, *,
             again: bool) -> Response:
        """The answer to a resource sent; retried only if sending it `again` does no harm."""
        where = self._ours(address)
        given = {"Content-Type": "application/fhir+json", **(headers or {})}

        def once() -> Response:
            return self._asked(method, where, body=body, headers=given)

        return tried(self._access, once) if again else once()

    def pages(self, kind: str, parameters: Sequence[tuple[str, str]], *, post: bool = False) -> Iterator[bytes]:
        """The Bundles of a search, page by page, as they came; complete, or an error is raised.

        Raises ExpiredPageError where the server has forgotten the search meanwhile.
        """
        first = self._ours(f"{kind}/_search") if post else _with(self._ours(kind), parameters)
        seen, following = {first}, False
        once = partial(self._form, first, parameters) if post else partial(self._asked, "GET", first)
        while True:
            page = self._page(once, following=following)
            yield page.body
            if page.following is None:
                return
            once, following = partial(self._asked, "GET", self._next(page.following, seen)), True

    def download(self, address: str, to: Path, *, authorised: bool) -> None:
        """Store what is at this address, whole or not at all; other hosts are asked as a stranger."""
        where = self._absolute(address)
        tried(self._access, lambda: self._stored(where, to, authorised=authorised))

    def _page(self, once: Callable[[], Response], *, following: bool) -> paging.Page:
        try:
            return tried(self._access, lambda: paging.page(once()))
        except HttpError as error:
            if following and error.status in answers.GONE:
                raise ExpiredPageError("the server has forgotten a search before its last page") from error
            raise

    def _next(self, link: str, seen: set[str]) -> str:
        where = self._absolute(link)
        if not self._channel.is_ours(where):
            raise SourceError("the next page of a search lies on another host, which is not asked",
                              remedy="url has to be the base address that the server itself gives in its links")
        if where in seen:
            raise SourceError("the server gave a page of a search twice; the search cannot be proven complete")
        seen.add(where)
        return where

    def _ours(self, address: str) -> str:
        where = self._absolute(address)
        if not self._channel.is_ours(where):
            raise SourceError("an address of the server lies on another host, which is not asked",
                              remedy="url has to be the base address that the server itself gives in its answers")
        return where

    def _form(self, where: str, parameters: Sequence[tuple[str, str]]) -> Response:
        return self._asked("POST", where, body=urlencode(parameters).encode(),
                           headers={"Content-Type": "application/x-www-form-urlencoded"})

    def _asked(self, method: str, where: str, *, body: bytes | None = None,
               headers: Mapping[str, str] | None = None) -> Response:
        response = self._channel.answer(method, where, body=body, headers=headers, auth=self._auth)
        if response.status >= 400:
            raise answers.refusal(answers.asked(method, where, self.base), response)
        return response

    def _stored(self, where: str, to: Path, *, authorised: bool) -> None:
        aside = to.with_name(f"{to.name}.part")
        accept = {"Accept": "application/fhir+ndjson, */*;q=0.1"}
        with self._channel.opened("GET", where, headers=accept, auth=self._auth if authorised else None,
                                  abroad=True) as response:
            if response.status_code >= 400:
                told = Response(response.status_code, dict(response.headers), b"".join(self._channel.chunks(response)))
                raise answers.refusal(answers.asked("GET", where, self.base), told)
            try:
                with aside.open("wb") as file:
                    file.writelines(self._channel.chunks(response))
                aside.replace(to)
            finally:
                aside.unlink(missing_ok=True)

    def _absolute(self, address: str) -> str:
        """An address verbatim where it is absolute, else counted from the base; the base itself where it is empty."""
        if not address:
            return self.base
        return address if "://" in address.split("?")[0] else urljoin(self.base + "/", address)


def _with(address: str, parameters: Sequence[tuple[str, str]]) -> str:
    if not parameters:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"
