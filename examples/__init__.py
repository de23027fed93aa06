"""Runnable lessons, one idea each, and the practice site they are tried on."""
