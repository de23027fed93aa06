"""Print the oldest versions that pyproject.toml allows, as requirements."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
[tested] = (re.findall(r"[\w-]+", one)[1:] for one in extras["test"] if one.startswith(project["name"]))
chosen = ("test", *tested)
for requirement in [*project["dependencies"], *(one for name in chosen for one in extras[name])]:
    if match := re.match(r"([\w-]+(?:\[[\w,-]+\])?)>=([\w.]+)", requirement):
        print(f"{match[1]}=={match[2]}")
