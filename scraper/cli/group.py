"""`Commands`: a group of commands that suggests the nearest one to a name that is none."""

from __future__ import annotations

import difflib

import click


class Commands(click.Group):
    """A group that says which command may be meant."""

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named. Raises ``click.UsageError`` with the nearest one."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(context, name) is None:
            known = self.list_commands(context)
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"Did you mean {near[0]!r}?" if near else f"There is {', '.join(known)}."
            context.fail(f"No such command {name!r}. {meant}")
        return super().resolve_command(context, args)
