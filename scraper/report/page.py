"""A job as one page of HTML: no network, no scripts, nothing of a scraped page that could act."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from scraper.job import Figures, Job
from scraper.report.fields import field_health
from scraper.report.markup import Html, joined, tag, text
from scraper.report.overview import next_steps, runs_before, tiles
from scraper.report.plots import moment
from scraper.report.problems import avoided, failures, rejects
from scraper.report.style import STYLE
from scraper.report.traffic import answers, hosts, slowest, timeline

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

_HEAD = Html(
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
)


def report(job: Job, folder: Path) -> str:
    """Return a page of HTML on a job. Earlier runs are looked for among the jobs in `folder`."""
    with Figures(job.path) as figures:
        began, ended, _ = figures.totals()
        name = f"{job.noted('spider')}, {_day(began) if began else 'nothing fetched'}"
        body = (
            tag("h1", name),
            tag("p", _about(job, began, ended), class_="dim"),
            tiles(job, figures),
            next_steps(job),
            timeline(figures),
            field_health(job, folder),
            rejects(job, figures),
            failures(job, figures),
            answers(figures),
            hosts(figures),
            slowest(figures),
            avoided(figures),
            runs_before(job, folder),
        )
        head = tag("head", _HEAD, tag("title", name), tag("style", Html(STYLE)))
        return f'<!DOCTYPE html>\n<html lang="en">{head}{tag("body", joined(body))}</html>\n'


def _about(job: Job, began: float | None, ended: float | None) -> Html:
    """Say how the job ended, and where it lies."""
    state = job.noted("state") or "unknown"
    state = job.ending if state == "running" else state
    until = f", {moment(began)} to {moment(ended)} UTC" if began and ended else ""
    ending = f"stopped at {state}" if state.startswith("max_") else state
    return joined([text(f"{ending[:1].upper()}{ending[1:]}{until}. "), tag("code", str(job.path))])


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
