"""A Directus that somebody has started: installing it compiles native parts, which is not for every run."""

from __future__ import annotations

import os
from collections.abc import Mapping

SPECIMENS = 105


class Directus:
    """The application at the address that the variable DIRECTUS_URL gives, with 105 specimens."""

    url = os.environ.get("DIRECTUS_URL", "")

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead the application's spider there."""
        return {"APP_URL": self.url}
