"""Selectors: CSS, XPath and paths in JSON, compiled once, and the values they cut out of a page."""

from scraper.selector.css import compile_css, without_ending
from scraper.selector.json import JsonSelector
from scraper.selector.linked import LinkedSelector
from scraper.selector.place import MISSING, Clean, Place, Unclean
from scraper.selector.selector import Selector
from scraper.selector.text import ADDRESSES, absolute, attribute, pieces_of, squeeze, text_of, texts_in
from scraper.selector.xpath import Element, Pattern, compile_pattern, compile_xpath

__all__ = [
    "ADDRESSES",
    "MISSING",
    "Clean",
    "Element",
    "JsonSelector",
    "LinkedSelector",
    "Pattern",
    "Place",
    "Selector",
    "Unclean",
    "absolute",
    "attribute",
    "compile_css",
    "compile_pattern",
    "compile_xpath",
    "pieces_of",
    "squeeze",
    "text_of",
    "texts_in",
    "without_ending",
]
