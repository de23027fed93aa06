"""A Node-RED whose API hands out bearer tokens for a password; 40 valves on four flows."""

from .app import VALVES, NodeRed, missing

__all__ = ["VALVES", "NodeRed", "missing"]
