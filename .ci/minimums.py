"""Print the oldest versions that pyproject.toml allows, as requirements."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
chosen = ("browser-cookies", "cluster", "demo", "keyring", "vault", "test")
for requirement in [*project["dependencies"], *(one for name in chosen for one in extras[name])]:
    if match := re.match(r"([\w-]+(?:\[[\w,-]+\])?)>=([\w.]+)", requirement):
        print(f"{match[1]}=={match[2]}")
