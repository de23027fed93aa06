"""`Commands`: a group that loads a command when it is needed, and suggests the nearest to what is none."""

from __future__ import annotations

import difflib
import gc
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class Commands(click.Group):
    """A group that lists its commands, with what they do, without loading them.

    `table` maps a command's name to where it is, ``"package.module:function"``, and to what it does, which is
    the first sentence of its help.
    """

    def __init__(self, *args: Any, table: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the commands' names, in the order of the table."""
        return list(self.table)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Load a command; return ``None`` where there is none of that name."""
        if name not in self.table:
            return None
        module, _, function = self.table[name][0].partition(":")
        command: click.Command = getattr(import_module(module), function)
        if not gc.isenabled():
            gc.enable()
            gc.freeze()  # modules stay, and need not be looked through for garbage time and again
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named. Raises ``click.UsageError`` with the nearest one."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.table:
            near = difflib.get_close_matches(name, self.table, n=1)
            meant = f"Did you mean {near[0]!r}?" if near else f"There is {', '.join(self.table)}."
            context.fail(f"No such command {name!r}. {meant}")
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in self.table.items()])
