"""`Hand`: what runs in a worker process: it visits what comes over a pipe, and sends back what came of it."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Mapping
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from scraper.executors.crew import Crew, taken
from scraper.executors.mirror import Mirror, News
from scraper.executors.workers import Visiting
from scraper.redact import install, redact, show_uncaught
from scraper.request import Request
from scraper.spider import Spider
from scraper.turns import turn
from scraper.visit import Visit

GATHER = 0.008
"""Seconds for which answers are gathered, as long as more pages wait here, so that fewer messages go."""

Task = tuple[int, str | None, Request]
Answer = tuple[int, Visit | None]


def serve(pipe: Connection) -> None:
    """Be a worker until the loop closes the pipe, or is gone. Ctrl-C and SIGTERM are for the loop."""
    install()
    show_uncaught()
    gc.freeze()  # what is there by now stays
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        hand = _hand(pipe)
        while hand is not None:
            kind, *arguments = receive(pipe)
            getattr(hand, kind)(*arguments)
    except (EOFError, OSError):
        return


def _hand(pipe: Connection) -> Hand | None:
    """Make the worker that the first message asks for; where that cannot be, say why."""
    visit, recipe, threads, environment = receive(pipe)
    os.environ.clear()
    os.environ.update(environment)
    try:
        hand = Hand(pipe, visit, recipe.spider(), threads)
    except Exception as error:  # whatever the user's own module does
        frame = traceback.extract_tb(error.__traceback__)[-1]
        send(pipe, redact(f"{type(error).__name__}: {error} ({frame.filename}, line {frame.lineno})"))
        return None
    send(pipe, None)
    return hand


def send(pipe: Connection, message: Any) -> None:
    """Send a message: what is sent is plain data, or pickles by the arguments that make it."""
    pipe.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))


def receive(pipe: Connection) -> Any:
    """Return the next message. Raises `EOFError` or `OSError` where there is nobody at the other end."""
    return pickle.loads(pipe.recv_bytes())  # noqa: S301 - between our own processes, over our own pipe


class Hand:
    """A worker: threads that visit, and one that sends. Its public methods are what the loop says.

    The thread that receives never waits for the pipe to take something, so that neither side can block the
    other.
    """

    def __init__(self, pipe: Connection, visit: Visiting, spider: Spider, threads: int) -> None:
        self._pipe, self._visit, self._spider = pipe, visit, spider
        self._crew = Crew(self._work, threads, spider.name)
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        self._mirrors: dict[str | None, Mirror] = {}
        self._lock = threading.Lock()
        self._pauses = self._heard = 0
        threading.Thread(target=self._report, daemon=True).start()

    # What the loop says

    def be(self, account: str | None, state: Mapping[str, Any]) -> None:
        """Take over the session of an account as the loop has it; nothing of it is under way then."""
        session = self._spider.as_account(account).session
        with self._lock:
            session.go_on_as(state)
            self._mirrors.setdefault(account, Mirror(session)).show()

    def learn(self, account: str | None, news: News) -> None:
        """Take over cookies of an account that have changed elsewhere."""
        with self._lock:
            self._mirrors[account].take(news)

    def do(self, heard: int, tasks: list[Task]) -> None:
        """Visit these. `heard` is how many answers that ask for a pause the loop had seen by then."""
        self._heard = heard
        self._crew.begin(tasks)

    def give_back(self) -> None:
        """Send back what nobody has begun with."""
        for id, _, _ in self._crew.take_back():
            self._answers.put((id, None))

    def hurry(self) -> None:
        """Wait for no retry any more."""
        for session in self._spider.all_sessions:
            session.hurry()

    # What its threads do

    def _work(self, task: Task) -> None:
        id, account, request = task
        self._answers.put((id, self._visit_unless_held(account, request)))

    def _visit_unless_held(self, account: str | None, request: Request) -> Visit | None:
        """Visit, unless a host has just asked to wait: then nothing more begins until the loop knows."""
        if self._pauses > self._heard:
            return None
        try:
            visit = self._visit(self._spider.as_account(account), request)
        except BaseException as error:  # such as a sys.exit() in parse: the thread has to go on
            return Visit(ok=False, error=f"{type(error).__name__}: {error}", says_nothing_of_host=True)
        if visit.retry_after > 0:
            with self._lock:
                self._pauses += 1
        return visit

    def _report(self) -> None:
        try:
            while True:
                answer = self._answers.get()
                if self._crew.is_behind:
                    time.sleep(GATHER)
                self._send([answer, *taken(self._answers)])
        except OSError:
            return

    def _send(self, answers: list[Answer]) -> None:
        with turn():
            with self._lock:
                news = [
                    (account, changes, mirror.session.epoch)
                    for account, mirror in self._mirrors.items()
                    if (changes := mirror.news())
                ]
            message = _packed(answers, news)
        self._pipe.send_bytes(message)


def _packed(answers: list[Answer], news: list[Any]) -> bytes:
    """Pickle answers; one that cannot be, for what the spider has put into a request, is a failed page."""
    try:
        return pickle.dumps((answers, news), pickle.HIGHEST_PROTOCOL)
    except Exception:
        return pickle.dumps(([*map(_sendable, answers)], news), pickle.HIGHEST_PROTOCOL)


def _sendable(answer: Answer) -> Answer:
    try:
        pickle.dumps(answer)
    except Exception as error:
        return answer[0], Visit(ok=False, error=f"{type(error).__name__}: {error}", says_nothing_of_host=True)
    return answer
