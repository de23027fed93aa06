"""Jupyter Server, behind one password, over a logbook of 40 files."""

from .app import ENTRIES, JupyterServer

__all__ = ["ENTRIES", "JupyterServer"]
