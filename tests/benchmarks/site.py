"""A members-only bookshop for benchmarks: its pages as files, what stands on them, and a server for them.

A list page links to 20 books, to the next list and to the ten after it, as pagers do; a page of a book is
about 20 KB long. The pages are the same each time. nginx serves them where it is installed (Debian:
``nginx-light``), `tests.benchmarks.server` otherwise, and wherever answers are to be late. Either asks for a
cookie, which a POST to ``/login`` brings.
"""

from __future__ import annotations

import html
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PER_LIST = 20
PAGER = 10
START = "/list/1"
SID = "2f1c9a7be0d84c55"
STARTING = 10  # seconds that a server may take to begin

_PROSE = """
the of and a to in he was that it his her with as had for she not at but be on they have him which said
from all this by are one so were there been what when out up would them river candle harbour stone winter
garden letter silver journey mountain whisper clock shadow lantern orchard meadow voyage thunder mirror island
forgotten crimson quiet restless ancient hollow gentle bitter distant golden naïve façade Übermut coöperate
"""
WORDS = _PROSE.split()
COMMON = WORDS.index("river")
NAMES = ("Ada Byron", "Émile Zola", "Grace Hopper", "Søren Kierkegaard", "Mary Shelley", "Toni Morrison")
CATEGORIES = [
    f"{first} {second}"
    for first in WORDS[COMMON : COMMON + 7]
    for second in ("fiction", "history", "travel", "verse")
]

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_timeout 75s; keepalive_requests 1000000;
    open_file_cache max=10000; charset utf-8; types {{ text/html html; }} absolute_redirect off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    map $cookie_sid $is_member {{ default 0; "{sid}" 1; }}
    server {{
        listen 127.0.0.1:{port} backlog=1024; root {folder};
        location = /login {{
            if ($request_method = POST) {{
                add_header Set-Cookie "sid={sid}; Path=/; HttpOnly"; return 303 {start};
            }}
            try_files /login.html =404;
        }}
        location / {{
            if ($is_member = 0) {{ return 302 /login; }}
            try_files $uri.html =404;
        }}
    }}
}}
"""


def book(number: int) -> dict[str, Any]:
    """Return the ten fields of a book; `url` without the site's origin."""
    draw = random.Random(number)
    return {
        "title": f"{_words(draw, 4).title()} & Co, № {number}",
        "price": draw.randrange(100, 9999) / 100,
        "author": draw.choice(NAMES),
        "upc": f"{draw.getrandbits(64):016x}",
        "stock": draw.randrange(1, 100),
        "rating": draw.randrange(1, 6),
        "category": draw.choice(CATEGORIES),
        "description": _words(draw, 150),
        "tags": draw.sample(WORDS[COMMON:], 5),
        "url": f"/book/{number}",
    }


def write(folder: Path, books: int) -> None:
    """Write the pages of that many books, their lists and the login form into `folder`."""
    lists = -(-books // PER_LIST)
    for part in ("book", "list"):
        (folder / part).mkdir()
    for number in range(1, books + 1):
        (folder / "book" / f"{number}.html").write_text(_book_page(number, books), encoding="utf-8")
    for number in range(1, lists + 1):
        (folder / "list" / f"{number}.html").write_text(_list_page(number, lists, books), encoding="utf-8")
    (folder / "login.html").write_text(
        "<!doctype html><html><head><title>Sign in</title></head><body><form method=post action=/login>"
        "<input name=username><input type=password name=password><button>Go</button></form></body></html>"
    )


def _book_page(number: int, books: int) -> str:
    it = {name: html.escape(str(value)) for name, value in book(number).items()}
    draw = random.Random(-number)
    tags = "".join(f'<li><a class="tag" href="/tag/{tag}">{tag}</a></li>\n' for tag in book(number)["tags"])
    reviews = "".join(_review(draw) for _ in range(32))
    others = "".join(_tile(draw.randrange(1, books + 1), "related") for _ in range(14))
    return _page(
        it["title"],
        f"""<ul class="breadcrumb"><li><a href="/">Home</a></li><li><a href="/books">Books</a></li>
<li><a href="/category/{number % 28}">{it["category"]}</a></li><li class="active">{it["title"]}</li></ul>
<article class="product_page"><div class="row"><div class="col-sm-6 product_main">
<h1>{it["title"]}</h1><a class="permalink" href="{it["url"]}">Permalink</a>
<p class="price_color">£{it["price"]}</p><p class="instock availability"><i class="icon-ok"></i>
In stock ({it["stock"]} available)</p><p class="star-rating" data-rating="{it["rating"]}"><i></i><i></i></p>
<p>By <a class="author" href="/author/{number % 7}">{it["author"]}</a></p></div></div>
<div id="product_description"><h2>Product Description</h2><p>{it["description"]}</p></div>
<table class="table table-striped"><tr class="upc"><th>UPC</th><td>{it["upc"]}</td></tr>
<tr><th>Product Type</th><td>Books</td></tr><tr><th>Tax</th><td>£0.00</td></tr></table>
<ul class="tags">{tags}</ul><section class="reviews"><h2>Reviews</h2>{reviews}</section></article>
<aside><h2>Others also bought</h2>{others}</aside>""",
    )


def _list_page(number: int, lists: int, books: int) -> str:
    first = (number - 1) * PER_LIST + 1
    tiles = "".join(_tile(n, "product_pod") for n in range(first, min(first + PER_LIST, books + 1)))
    later = range(number + 1, min(number + PAGER, lists) + 1)
    pager = "".join(f'<li><a href="/list/{n}">{n}</a></li>' for n in later)
    following = f'<li class="next"><a href="/list/{number + 1}">next</a></li>' if number < lists else ""
    return _page(
        f"Books, page {number}", f'<section>{tiles}</section><ul class="pager">{pager}{following}</ul>'
    )


def _page(title: str, main: str) -> str:
    menu = "".join(f'<li><a href="/category/{n}">{name}</a></li>\n' for n, name in enumerate(CATEGORIES))
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="/static/shop.css"><script>window.shop = {{"currency": "GBP"}};</script>
</head><body><header><a href="/">Bookshop</a> <a href="/account">Your account</a>
<a class="logout" href="/logout">Sign out</a></header><nav class="side_categories"><ul>{menu}</ul></nav>
<main class="container-fluid">{main}</main><footer><p>Prices include VAT.</p></footer></body></html>
"""


def _tile(number: int, kind: str) -> str:
    it = book(number)
    title = html.escape(it["title"])
    return f"""<article class="{kind}"><div class="image_container"><a href="/book/{number}">
<img src="/media/{number}.jpg" alt="{title}" class="thumbnail"></a></div><p class="star-rating"><i></i></p>
<h3><a href="/book/{number}" title="{title}">{title}</a></h3><p class="price_color">£{it["price"]}</p>
</article>
"""


def _review(draw: random.Random) -> str:
    return f"""<div class="review"><h4>{draw.choice(NAMES)}</h4><p class="star-rating"><i></i></p>
<p>{_words(draw, 40)}</p></div>
"""


def _words(draw: random.Random, n: int) -> str:
    return " ".join(draw.choices(WORDS, k=n))


# Serving it


@contextmanager
def served(folder: Path, latency: float = 0.0) -> Iterator[tuple[str, str]]:
    """Serve what is in `folder`, each answer `latency` seconds late; give its origin and its name."""
    port = _free_port()
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if nginx and not latency:
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port, sid=SID, start=START))
        command, name = [nginx, "-e", str(folder / "error.log"), "-c", str(config)], "nginx"
    else:
        arguments = [str(folder), str(port), str(latency)]
        command, name = [sys.executable, "-m", "tests.benchmarks.server", *arguments], "asyncio"
    process = subprocess.Popen(command)
    try:
        _await(port, process)
        yield f"http://127.0.0.1:{port}", name
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server listens."""
    end = time.monotonic() + STARTING
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"The server {process.args!r} did not begin to listen at port {port}.")
