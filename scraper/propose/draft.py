"""`Draft`: a spider that is being proposed, and its source as a person would write it."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from scraper.propose.fields import Field
from scraper.propose.names import class_name
from scraper.spider import Spider, snake_case

WIDTH = 100
"""Characters of the longest line, where that can be helped."""

_NAMES = re.compile(r"\b(\w+Login|env|fill|css|json_path|xpath)\b(?=\()")


@dataclass(frozen=True)
class Draft:
    """What is known of a spider so far. `login` is the name of a class and its arguments, in
    Python; `guess` says why it has not been tried; `rows` is a selector, or empty.
    """

    name: str
    start_url: str
    login: tuple[str, ...] = ()
    guess: str = ""
    item: str = "Row"
    rows: str = ""
    is_json: bool = False
    fields: tuple[Field, ...] = ()
    follow: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def spider_class(self) -> str:
        """The name of the spider's class."""
        return class_name(self.name, {self.item})

    def source(self) -> str:
        """Return the Python file of the spider."""
        parts = [*([_item(self)] if self.fields else []), _spider(self)]
        body = "\n\n\n".join(parts)
        return f'"""{self._about()}"""\n\n{_imports(body)}\n\n\n{body}\n'

    def _about(self) -> str:
        where = urlsplit(self.start_url)
        return f"{self.spider_class}: what {where.netloc}{where.path} lists, page by page."


def _imports(body: str) -> str:
    """Return the imports that the classes need, in the order of isort."""
    standard = [
        f"from {module} import {', '.join(names)}"
        for module, known in (("datetime", ("date", "datetime")), ("decimal", ("Decimal",)))
        if (names := [name for name in known if re.search(rf": (list\[)?{name}\b", body)])
    ]
    used = {"Spider", *_NAMES.findall(body), *(["Item"] if "(Item" in body else [])}
    ordered = sorted(used, key=lambda name: (name[0].islower(), name.lower()))
    ours = f"from scraper import {', '.join(ordered)}"
    return "\n".join([*standard, "", ours] if standard else [ours])


def _item(draft: Draft) -> str:
    rows = ""
    if draft.rows:
        rows = f", rows={f'json_path({quoted(draft.rows)})' if draft.is_json else quoted(draft.rows)}"
    about = "One row of the list." if draft.rows else "What one page says."
    lines = [f"class {draft.item}(Item{rows}):", f'    """{about}"""', ""]
    return "\n".join([*lines, *(line for one in draft.fields for line in _field(one, draft.is_json))])


def _field(one: Field, is_json: bool) -> Iterator[str]:
    """Yield the lines of a field: one, or an argument on each where that would be too long."""
    query = one.query
    options = {}
    if one.attribute in ("href", "src", "data-src", "datetime"):
        query = f"{query}::attr({one.attribute})"
    elif one.attribute:
        options["attr"] = quoted(one.attribute)
    if one.kind.pattern:
        options["re"] = raw(one.kind.pattern)
    if one.kind.clean:
        options["clean"] = one.kind.clean
    arguments = [quoted(query), *(f"{name}={value}" for name, value in options.items())]
    start = f"    {one.name}: {one.annotation} = {'json_path' if is_json else 'css'}("
    line = f"{start}{', '.join(arguments)})"
    yield from [line] if len(line) <= WIDTH else [start, *(f"        {a}," for a in arguments), "    )"]


def _spider(draft: Draft) -> str:
    lines = [f"class {draft.spider_class}(Spider):", f'    """The spider {draft.name}."""', ""]
    if snake_case(draft.spider_class) != draft.name:
        lines.append(f"    name = {quoted(draft.name)}")
    lines.append(f"    start_urls = [{quoted(draft.start_url)}]")
    lines += [f"    # {draft.guess}"] if draft.guess else []
    lines += [f"    login = {_indented(call(*draft.login))}"] if draft.login else []
    if draft.headers:
        lines += [
            "    headers = {",
            *(f"        {quoted(k)}: {quoted(v)}," for k, v in draft.headers.items()),
            "    }",
        ]
    lines += [f"    item = {draft.item}"] if draft.fields else []
    if draft.follow:
        lines += list(_going_on(draft))
    return "\n".join(lines)


def _going_on(draft: Draft) -> Iterator[str]:
    """Yield how the spider goes on: by a link of the page, or by the address in a JSON answer."""
    if not draft.is_json:
        yield f"    follow = {quoted(draft.follow)}"
        return
    yield from (
        "",
        "    def parse(self, response):",
        '        """Yield the rows, and go on to the next page."""',
        "        yield from super().parse(response)",
        f"        if following := response.json().get({quoted(draft.follow)}):",
        "            yield response.follow(following)",
    )


def _indented(code: str) -> str:
    return code.replace("\n", "\n    ")


def call(name: str, *arguments: str) -> str:
    """Return a call, on one line if it fits, with an argument on each line otherwise."""
    line = f"{name}({', '.join(arguments)})"
    if len(line) + len("    login = ") <= WIDTH and "\n" not in line:
        return line
    inner = "".join(f"    {argument},\n" for argument in (one.replace("\n", "\n    ") for one in arguments))
    return f"{name}(\n{inner})"


def quoted(text: str) -> str:
    """Return a text as Python, in double quotes where that needs no more escapes."""
    plain = repr(text)
    if plain.startswith("'") and '"' not in text:
        return f'"{plain[1:-1]}"'
    return plain


def raw(pattern: str) -> str:
    """Return a regular expression as Python."""
    return f'r"{pattern}"' if '"' not in pattern and not pattern.endswith("\\") else repr(pattern)


def compiled(source: str, name: str) -> type[Spider]:
    """Return the spider of a source that is in no file yet."""
    module = types.ModuleType(f"proposed_{name}")
    sys.modules[module.__name__] = module
    exec(compile(source, f"<{name}>", "exec"), vars(module))  # noqa: S102 - this very package wrote it
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Spider) and value.__module__ == module.__name__
    )
