"""Opens the practice site from the command line and keeps it open until Ctrl-C."""

import argparse
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from threading import Event

from . import MEMBERS, Counts, PracticeSite
from .levers import FLAG, LEVERS, Lever


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; return 0, or 2 with a sentence on standard error if that cannot be."""
    options = vars(parser().parse_args(arguments))
    told_to_stop = on_signal()
    try:
        site = PracticeSite(**options).start()
    except (ModuleNotFoundError, ValueError, OSError) as error:
        return give_up(getattr(error, "strerror", None) or str(error))
    print(welcome(site), flush=True)
    told_to_stop.wait()
    site.stop()
    print(summary(site.counts), flush=True)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the options: where to serve, and one for each lever."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}",
        description="Open the practice site, a members-only bookshop on this machine, until Ctrl-C.",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--port", type=int, default=8420, help="Where to listen; 0 takes any free port.")
    parser.add_argument("--host", help="The address to listen at; 127.0.0.1 unless told otherwise.")
    parser.add_argument("--log", action="store_true", help="Write a line for each request to standard error.")
    levers = parser.add_argument_group(
        "levers", "How the site behaves. The control URL changes them as it runs."
    )
    for name, lever in LEVERS.items():
        add_lever(levers, f"--{name.replace('_', '-')}", lever)
    return parser


def add_lever(group: "argparse._ArgumentGroup", option: str, lever: Lever[object]) -> None:
    """Add the option that sets a lever."""
    if lever.kind is FLAG:
        group.add_argument(option, action="store_true", help=lever.says)
    else:
        default = "never" if lever.default is None else lever.default
        help = f"{lever.says} It takes {lever.kind.words}; {default} unless told otherwise."
        group.add_argument(option, type=reader(lever), metavar="VALUE", help=help)


def reader(lever: Lever[object]) -> Callable[[str], object]:
    """Return how argparse reads a lever, with the lever's own sentence when it cannot."""

    def read(text: str) -> object:
        try:
            return lever.read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def welcome(site: PracticeSite) -> str:
    """Return what a person needs to know to use the site."""
    members = ", ".join(f"{member.username} / {member.password}" for member in MEMBERS.values())
    lines = [f"The practice site is open at {site.url}", f"Members: {members}"]
    if site.ask_totp:
        lines.append(f"Secret of the one-time codes: {site.totp_secret}")
    lines += [
        f"Levers and counts: {site.url}/_control",
        f"""  curl -d '{{"sign_everyone_out": true}}' {site.url}/_control""",
        "Ctrl-C closes it.",
    ]
    return "\n".join(lines)


def on_signal() -> Event:
    """Return what Ctrl-C and SIGTERM set from now on."""
    told = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    return told


def summary(counts: Counts) -> str:
    """Return what was counted, in a few lines."""
    lines = [
        f"Requests: {counts.requests} over {counts.connections} connections, {counts.failures} made to fail",
        f"Pages: {each(counts.pages)}, {counts.anonymous_pages} to visitors",
        f"Different books: {each(counts.books)}",
        f"Sign-ins: {counts.logins} on pages, {counts.api_logins} on the API, {counts.failed_logins} refused",
        f"Sign-outs: {counts.logouts} by members, {counts.expiries} by levers",
    ]
    return "\n".join(lines)


def each(by_account: Mapping[str, int]) -> str:
    """Return a count for each account, in words."""
    return ", ".join(f"{count} to {account}" for account, count in by_account.items()) or "none to members"


def give_up(sentence: str) -> int:
    """Say on standard error why the site does not open."""
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
