"""A FHIR server that others wrote, one that asks for a token, and a wire that can be spoilt.

| fixture | scope | is |
| --- | --- | --- |
| `fhir_server` | session | base address of a server without login; what one test stores, the others see |
| `new_fhir_server` | session | a function that starts an empty server (0.1 s) and gives its base address; `settings` as in sekmet's settings.yaml. With `--fhir-url URL` it opens a room (`rooms.py`) on that server, and skips where settings are asked for |
| `stored` | session | a function `stored(base, resources)`: puts dicts with `id` on a server in one transaction |
| `smart` | session | a server that asks for a token: `.base`, `.keys` (private JWKs by algorithm), `.access(**more)` (FhirAccess) |
| `new_smart_server` | session | the same as a function: `new_smart_server(lifetime=3600, scopes="system/*.*")` |
| `smart_wire` | function | a wire before a server that asks for a token, token endpoint and all: `.wire`, `.smart`, `.access(**more)`, `.forms` |
| `base` | session | `fhir_server`; a file of tests that needs a server of its own makes it under this name |
| `wire` | function | the proxy of `wire.py` in front of `base`; `wired(url)` makes one in front of another |
| `ward_rows` | session | what is in the ward of `ward.py`, read without a server |
| `session` | function | a session over `wire` |
| `secret` | function | `secret(text)`: keeps a secret in a file and gives the reference to it |
| `quick` | function | `quick(url, **more)`: FhirAccess with three attempts and no pause between them |
"""  # noqa: E501

from __future__ import annotations

import json
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from hpd_etl.config import FhirAccess
from hpd_etl.fhir_http import Session, connect
from tests.fhir.given import read
from tests.fhir.paged import PATIENTS
from tests.fhir.rooms import Rooms
from tests.fhir.servers import Servers
from tests.fhir.ward import MAPPING, rows, ward
from tests.fhir.wire import Wire, origin, wired

if TYPE_CHECKING:
    from pathlib import Path

Access = Callable[..., FhirAccess]
QUICK = {"attempts": 3, "longest_wait_seconds": 0, "timeout_seconds": 5}
Store = Callable[[str, Sequence[dict[str, Any]]], None]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The process that all servers live in."""
    held = Servers(tmp_path_factory.mktemp("fhir"))
    yield held
    held.stop()


@pytest.fixture(scope="session")
def rooms(request: pytest.FixtureRequest) -> Iterator[Rooms | None]:
    """Rooms on the server of `--fhir-url`; None where the tests start their own."""
    given = request.config.getoption("--fhir-url")
    held = Rooms(given) if given else None
    yield held
    if held and (left := held.close()):
        warnings.warn(f"{given} did not give up resources of the tests: {', '.join(left)}", stacklevel=1)


@pytest.fixture(scope="session")
def unfit(rooms: Rooms | None) -> str | None:
    """Why the server of `--fhir-url` cannot be used; found out once."""
    return rooms.lacks() if rooms else None


@pytest.fixture(scope="session")
def new_fhir_server(request: pytest.FixtureRequest, rooms: Rooms | None, unfit: str | None) -> Callable[..., str]:
    """Starts an empty server, or opens a room on that of `--fhir-url`; skips where that cannot be what is asked."""

    def start(**settings: Any) -> str:
        if rooms is None:
            return str(request.getfixturevalue("servers").start(**settings))
        if unfit or settings:
            pytest.skip(f"the server of --fhir-url {unfit or f'cannot be set up: {sorted(settings)}'}")
        return rooms.open()

    return start


@pytest.fixture(scope="session")
def fhir_server(new_fhir_server: Callable[..., str]) -> str:
    """The server of the contract tests."""
    return new_fhir_server()


@pytest.fixture(scope="session")
def stored() -> Store:
    """Puts resources on a server."""

    def store(base: str, resources: Sequence[dict[str, Any]]) -> None:
        entries = [{"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
                   for each in resources]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        sent = urllib.request.Request(base, json.dumps(bundle).encode(), {"Content-Type": "application/fhir+json"})
        urllib.request.urlopen(sent).close()

    return store


@pytest.fixture(scope="session")
def base(fhir_server: str) -> str:
    """The server that a file of tests is about."""
    return fhir_server


@pytest.fixture
def wire(base: str) -> Iterator[Wire]:
    """A wire to that server."""
    with wired(base) as held:
        yield held


@pytest.fixture(scope="session")
def ward_rows() -> dict[str, list[tuple[Any, ...]]]:
    """What is in the ward, read without a server."""
    return rows(read(*ward(), mapping=MAPPING).records)


@pytest.fixture
def quick() -> Access:
    """An access that does not wait between attempts."""

    def access(url: str, **more: Any) -> FhirAccess:
        return FhirAccess(**{"url": url, **QUICK, **more})

    return access


@pytest.fixture
def session(wire: Wire, quick: Access) -> Iterator[Session]:
    """A session over the wire: three attempts, no pause between them."""
    with connect(quick(wire.url), []) as held:
        yield held


@pytest.fixture(scope="session")
def paged_patients(fhir_server: str, stored: Store) -> None:
    """The patients of `paged.py` are on the server of the contract tests."""
    stored(fhir_server, PATIENTS)


@pytest.fixture
def secret(tmp_path: Path) -> Callable[[str], str]:
    """Keeps a secret and gives the reference to it."""

    def kept(text: str) -> str:
        path = tmp_path / f"secret{len(list(tmp_path.iterdir()))}"
        path.write_text(text, "utf-8")
        return f"file:{path}"

    return kept


@dataclass(frozen=True)
class Smart:
    """A server that asks for a token, and the keys of a client it knows."""

    base: str
    keys: dict[str, dict[str, Any]]
    """Private JWK by algorithm; `kid`, and the id of the client it is registered for, are the algorithm."""
    folder: Path

    def key(self, algorithm: str = "RS384") -> str:
        """A reference to a private key."""
        path = self.folder / f"{algorithm}.json"
        path.write_text(json.dumps(self.keys[algorithm]), "utf-8")
        return f"file:{path}"

    def access(self, **more: Any) -> FhirAccess:
        """An access that is let in, but for what is said otherwise."""
        algorithm = more.get("algorithm", "RS384")
        return FhirAccess(**{
            "url": self.base, "auth": "smart", "client_id": algorithm, "private_key": self.key(algorithm),
            **QUICK, **more})


@pytest.fixture(scope="session")
def client_keys() -> dict[str, dict[str, Any]]:
    """A private key for each algorithm."""
    made = {"RS384": RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048), as_dict=True),
            "ES384": ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()), as_dict=True)}
    return {name: {**key, "kid": name, "alg": name} for name, key in made.items()}


@pytest.fixture(scope="session")
def new_smart_server(rooms: Rooms | None, servers: Servers, client_keys: dict[str, dict[str, Any]],
                     tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Smart]:
    """Starts a server that asks for a token; `lifetime` in seconds, `scopes` are the most a client can get."""
    private = ("d", "p", "q", "dp", "dq", "qi", "key_ops")
    public = {client: {name: value for name, value in key.items() if name not in private}
              for client, key in client_keys.items()}

    def start(lifetime: int = 3600, scopes: str = "system/*.*", **settings: Any) -> Smart:
        if rooms is not None:
            pytest.skip("the server of --fhir-url has no login")
        clients = [{"client_id": client, "jwks": {"keys": [key]}, "scopes": scopes} for client, key in public.items()]
        auth = {"types": ["smart"], "smart_clients": clients, "token_lifetime": lifetime}
        base = servers.start(server_auth=auth, **settings)
        return Smart(base, client_keys, tmp_path_factory.mktemp("keys"))

    return start


@pytest.fixture(scope="session")
def smart(new_smart_server: Callable[..., Smart]) -> Smart:
    """A server that asks for a token."""
    return new_smart_server()


@dataclass(frozen=True)
class SmartWire:
    """A wire before a server that asks for a token; the token endpoint lies behind it too."""

    wire: Wire
    smart: Smart

    def access(self, **more: Any) -> FhirAccess:
        """An access through the wire."""
        return self.smart.access(url=f"{self.wire.origin}/fhir", **more)

    @property
    def forms(self) -> list[dict[str, str]]:
        """What came to the token endpoint, in order."""
        return [dict(parse_qsl(asked.body.decode())) for asked in self.wire.asked if asked.path == "/auth/token"]


@pytest.fixture(scope="session")
def new_smart_wire(new_smart_server: Callable[..., Smart]) -> Iterator[Callable[..., SmartWire]]:
    """Starts a server that asks for a token behind a wire; `settings` as for `new_smart_server`."""
    with ExitStack() as wires:

        def start(**settings: Any) -> SmartWire:
            wire = wires.enter_context(wired())
            smart = new_smart_server(public_url=wire.origin, **settings)
            wire.upstream = origin(smart.base)
            return SmartWire(wire, smart)

        yield start


@pytest.fixture(scope="session")
def shared_smart_wire(new_smart_wire: Callable[..., SmartWire]) -> SmartWire:
    """The wire that `smart_wire` makes new for each test."""
    return new_smart_wire()


@pytest.fixture
def smart_wire(shared_smart_wire: SmartWire) -> SmartWire:
    """A wire before a server that asks for a token."""
    shared_smart_wire.wire.forget()
    return shared_smart_wire
