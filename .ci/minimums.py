"""Print the oldest versions that pyproject.toml allows, as requirements."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
<<<<<<< HEAD
chosen = ("browser-cookies", "cluster", "demo", "keyring", "vault", "test")
=======
chosen = ("cluster", "demo", "keyring", "ntlm", "vault", "test")
>>>>>>> 6d90e92 (Sign in by Basic, Digest, NTLM and client certificates)
for requirement in [*project["dependencies"], *(one for name in chosen for one in extras[name])]:
    if match := re.match(r"([\w-]+(?:\[[\w,-]+\])?)>=([\w.]+)", requirement):
        print(f"{match[1]}=={match[2]}")
