"""Small worlds to test in: the practice site, and a job of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.site import PracticeSite
from scraper import FormLogin, Job, Session, Spider, fill
from scraper.redact import forget_all
from scraper.values import forget_used
from spiders.bookshop import Book


@pytest.fixture(autouse=True)
def _nothing_is_secret() -> Iterator[None]:
    """Forget the secrets and one-time codes of other tests."""
    yield
    forget_all()
    forget_used()


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep sessions where no other test, and no person, keeps theirs."""
    monkeypatch.setenv("SCRAPER_STATE_DIR", str(tmp_path_factory.mktemp("state") / "vault"))


@pytest.fixture
def site() -> Iterator[PracticeSite]:
    """The practice site, running, with all levers at rest."""
    with PracticeSite() as site:
        yield site


@pytest.fixture
def login(site: PracticeSite) -> FormLogin:
    """A login of the site's reader."""
    return FormLogin("/login", fill(username=site.username, password=site.password), logged_in="a.logout")


@pytest.fixture
def session(site: PracticeSite, login: FormLogin) -> Iterator[Session]:
    """A session for the site's reader."""
    with Session(login, base_url=site.url, retry=1) as session:
        yield session


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    """An empty job."""
    with Job.create("test", tmp_path) as job:
        yield job


@pytest.fixture
def shop(site: PracticeSite, login: FormLogin) -> type[Spider]:
    """A spider for the books of one category of the site: 5 list pages, a page each for the books."""

    class Shop(Spider):
        start_urls = (f"{site.url}/books",)
        item = Book
        follow = ("article.book h3 a", "li.next a")
        max_pages = 84
        retry = 1

    Shop.login = login
    return Shop
