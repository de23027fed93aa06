"""Start, watch and stop a Node-RED."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.apps.process import App, Server

PROGRAM = Path(__file__).parent
RED = PROGRAM / "node_modules" / "node-red" / "red.js"
FLOWS, VALVES = 4, 40
SESSIONS = ".sessions.json"
PLACE = {"x": 120, "y": 40, "wires": []}
"""Where a node is drawn; what is drawn nowhere is no node, but a setting."""


def missing() -> str:
    """Say what this program needs that is not there; nothing where all is."""
    if not shutil.which("node"):
        return "there is no node here"
    return "" if RED.is_file() else f"its package is not installed (npm install, in {PROGRAM})"


class NodeRed(App):
    """Four flows with ten valves each, behind an API that knows its members by a header alone.

    Its tokens lie in a file, which it reads when it starts.
    """

    username = "engineer"
    password = "Flow+Chart=7"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "flows.json").write_text(json.dumps(_flows()))
        variables = {
            "ACCOUNT": self.username,
            "FOLDER": str(folder),
            "NODE_PATH": str(PROGRAM / "node_modules"),
            "PASSWORD": self.password,
            "PORT": str(self.port),
            "RECORDS": str(self.records),
        }
        settings = PROGRAM / "settings.js"
        command = [shutil.which("node") or "node", RED, "--userDir", folder, "--settings", settings]
        self._server = Server(command, self.port, folder / "red.log", cwd=folder, variables=variables)

    @property
    def logins(self) -> int:
        """How many times a name and a password were right."""
        return self._count(r"^auth\.login$")

    @property
    def failed_logins(self) -> int:
        """How many times they were wrong."""
        return self._count(r"^auth\.login\.fail")

    def start(self) -> None:
        """Serve the flows."""
        self._server.start()

    def stop(self) -> None:
        """End the process."""
        self._server.stop()

    def expire_sessions(self) -> None:
        """Take its tokens away, and start it again."""
        self.stop()
        (self.folder / SESSIONS).unlink()
        self.start()


def _flows() -> list[dict[str, object]]:
    """Return the flows, switched off: they have nothing to do."""
    nodes: list[dict[str, object]] = []
    for flow in range(1, FLOWS + 1):
        nodes.append({"id": f"flow{flow}", "type": "tab", "label": f"Plant {flow}", "disabled": True})
        nodes += [
            {"id": f"flow{flow}v{valve}", "type": "comment", "z": f"flow{flow}", "name": name, **PLACE}
            for valve in range(1, VALVES // FLOWS + 1)
            for name in [f"Valve {flow}-{valve:02}"]
        ]
    return nodes
