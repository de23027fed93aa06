"""The pages behind the form, and the form."""

from collections.abc import Iterator

ITEMS = 36
ITEMS_PER_PAGE = 9
PAGES = ITEMS // ITEMS_PER_PAGE

SIGN_IN = """<!doctype html>
<html lang="en">
<title>Members, please</title>
<form method="post" action="">
<p><label>Name <input type="text" name="httpd_username"></label>
<p><label>Password <input type="password" name="httpd_password"></label>
<p><input type="submit" name="login" value="Login">
</form>
</html>
"""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page."""
    for number in range(1, PAGES + 1):
        yield f"list{number}.html", page(number)


def page(number: int) -> str:
    """Return a page of the list, with a link to the next where there is one, and the way out."""
    first = (number - 1) * ITEMS_PER_PAGE + 1
    rows = [f'<li class="item">Bottle {n} &amp; glass' for n in range(first, first + ITEMS_PER_PAGE)]
    following = f'<a rel="next" href="list{number + 1}.html">More</a>' if number < PAGES else ""
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en">\n<title>Bottles, page {number}</title>',
            f'<h1 id="in">Bottles, page {number}</h1>\n<ul>',
            *rows,
            f'</ul>\n<p>{following} <a href="/bye">Leave</a>\n</html>\n',
        ]
    )
