"""Items: classes whose fields say where on a page they stand.

    class Book(Item, rows="article.product_pod"):
        title: str = css("h3 a", attr="title")
        tags: list[str] = css("a.tag")

The annotation says the cardinality (``list[...]``: all matches), whether a value is required
(``str | None``: it is not) and the type, to which pydantic converts.
"""

from scraper.item.dates import dates
from scraper.item.declare import css, json_ld, json_path, meta, xpath
from scraper.item.extract import extract, reads_json
from scraper.item.file import File, file, files_in, names_files
from scraper.item.hits import Hits
from scraper.item.item import Item
from scraper.item.numbers import Money, money, number
from scraper.item.reject import Reject

__all__ = [
    "File",
    "Hits",
    "Item",
    "Money",
    "Reject",
    "css",
    "dates",
    "extract",
    "file",
    "files_in",
    "json_ld",
    "json_path",
    "meta",
    "money",
    "names_files",
    "number",
    "reads_json",
    "xpath",
]
