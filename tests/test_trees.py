"""What is found out about a page is found out once, and goes with the page."""

import gc
import weakref

import lxml.html

from scraper.forms.trees import inherited, once, root_of
from tests.pages import Counted

DEEP = "<div hidden>" * 1_000 + "<i>x</i>" * 1_000


def tree(html: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(html, parser=lxml.html.HTMLParser(huge_tree=True))


def test_each_element_is_looked_at_once():
    looks = Counted(lambda element: element.tag)
    tag = once(looks)
    root = tree("<p><b>x</b></p>")
    assert [tag(element) for element in [*root.iter(), *root.iter()]] == ["html", "body", "p", "b"] * 2
    assert looks.times == 4


def test_nothing_is_remembered_of_another_tree():
    tag = once(lambda element: root_of(element).get("id"))
    assert [tag(tree(f"<html id={n}><p>")[0]) for n in "ab"] == ["a", "b"]


def test_what_holds_around_an_element_holds_for_it():
    is_hidden = inherited(lambda element: element.get("hidden") is not None)
    root = tree("<div hidden><p id=a><b id=b></b></p></div><p id=c>")
    found = [element.get("id") for element in root.iter() if element.get("id") and is_hidden(element)]
    assert found == ["a", "b"]
    assert is_hidden(tree("<html hidden><p>")[0])


def test_what_holds_around_elements_is_tested_once_for_each_however_deep_they_are():
    tests = Counted(lambda element: element.tag == "i")
    is_it = inherited(tests)
    root = tree(DEEP)
    assert sum(map(is_it, root.iter())) == 1_000
    assert tests.times <= 2 * len(list(root.iter()))


def test_a_tree_that_nobody_needs_goes():
    tag, is_hidden = once(lambda element: element.tag), inherited(lambda element: True)
    root = tree("<p>")
    assert [tag(element) for element in root.iter() if is_hidden(element)] == ["html", "body", "p"]
    gone = weakref.ref(root)
    del root
    gc.collect()
    assert gone() is None
