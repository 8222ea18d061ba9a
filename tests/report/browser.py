"""A real Chromium, told what to do over its DevTools protocol: one browser for all tests, a tab for each page."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_PATIENCE = 60


class Browser:
    """A headless browser with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Start it; the port is its own choice."""
        self.process = subprocess.Popen(
            [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
             f"--user-data-dir={folder}", "--remote-debugging-port=0", "--host-resolver-rules=MAP * ~NOTFOUND",
             "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        told = folder / "DevToolsActivePort"
        _until(lambda: told.exists() and len(told.read_text().split()) == 2)
        port, path = told.read_text().split()
        self.connected = ExitStack()
        self.socket = self.connected.enter_context(
            connect(f"ws://127.0.0.1:{port}{path}", max_size=None, open_timeout=_PATIENCE))
        self.numbers = itertools.count(1)

    def open(self, path: Path, width: int = 1280, *, dark: bool = False, script: bool = True) -> Tab:
        """A tab with the page, loaded; so wide, light unless dark."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        tab = Tab(self, target, self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.ask(f"{domain}.enable")
        tab.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        tab.ask("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        tab.ask("Emulation.setScriptExecutionDisabled", value=not script)
        tab.ask("Page.navigate", url=path.as_uri())
        tab.wait("Page.loadEventFired")
        return tab

    def ask(self, method: str, tab: Tab | None = None, **parameters: Any) -> dict[str, Any]:
        """What the browser answers; what it tells meanwhile is kept by the tab."""
        number = next(self.numbers)
        session = {"sessionId": tab.session} if tab else {}
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters, **session}))
        while True:
            answer = self.hear(tab)
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def hear(self, tab: Tab | None) -> dict[str, Any]:
        """The next that it says."""
        said: dict[str, Any] = json.loads(self.socket.recv(timeout=_PATIENCE))
        if tab and said.get("sessionId") == tab.session and "method" in said:
            tab.events.append(said)
        return said

    def close(self) -> None:
        """End it."""
        self.connected.close()
        self.process.terminate()
        self.process.wait(timeout=_PATIENCE)


@dataclass
class Tab:
    """One page in the browser, and what happened there."""

    browser: Browser
    target: str
    session: str
    events: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers for this page."""
        return self.browser.ask(method, self, **parameters)

    def wait(self, event: str) -> None:
        """Until this has happened."""
        while not any(each["method"] == event for each in self.events):
            self.browser.hear(self)

    def tell(self, expression: str) -> Any:
        """The value of JavaScript in this page."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def faults(self) -> list[str]:
        """Errors, and what was written to the console or the log."""
        wrong = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return [json.dumps(each["params"])[:500] for each in self.events if each["method"] in wrong]

    def requests(self) -> list[str]:
        """What the page asked anybody for, itself apart."""
        asked = [each["params"]["request"]["url"] for each in self.events
                 if each["method"] == "Network.requestWillBeSent"]
        return [url for url in asked[1:] if not url.startswith("data:")]

    def press(self, key: str) -> None:
        """A key, down and up."""
        for kind in ("rawKeyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                     windowsVirtualKeyCode={"Tab": 9, "Escape": 27, "ArrowRight": 39}[key])

    def hover(self, selector: str) -> None:
        """The pointer over the middle of the first such element, which is brought into view."""
        x, y = self.tell(f"""(() => {{ const mark = document.querySelector({json.dumps(selector)});
            mark.scrollIntoView({{block: "center"}}); const place = mark.getBoundingClientRect();
            return [place.left + place.width / 2, place.top + place.height / 2]; }})()""")
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """A screenshot; of the whole page where asked for."""
        taken = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(taken["data"]))

    def paper(self, path: Path) -> bytes:
        """The page printed on A4."""
        printed = base64.b64decode(self.ask("Page.printToPDF", preferCSSPageSize=True)["data"])
        path.write_bytes(printed)
        return printed

    def close(self) -> None:
        """Close it."""
        self.browser.ask("Target.closeTarget", targetId=self.target)


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < end, "the browser did not start"
        time.sleep(0.02)
