"""Where the books of the practice site are made: by chance, but the same ones every time."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from . import words
from .book import Book, Category, Review

BOOKS = 1000
FIRST_DAY, DAYS = date(1952, 1, 1), 26_000


class Bindery:
    """Makes a thousand books out of a seed. Titles and UPCs are all different."""

    def __init__(self, seed: int = 1453) -> None:
        self._chance = Random(seed)
        self._prose = [self._variants(sentence) for sentence in words.SENTENCES]
        self._opinions = [self._variants(opinion) for opinion in words.OPINIONS]

    def books(self) -> tuple[Book, ...]:
        """Return the books, numbered from 1."""
        titles = self._titles()
        upcs = self._chance.sample(range(10**11), BOOKS)
        return tuple(self._book(id, *each) for id, each in enumerate(zip(titles, upcs, strict=True), start=1))

    def _titles(self) -> list[str]:
        titles: dict[str, None] = {}
        while len(titles) < BOOKS:
            titles[self._fill(self._chance.choice(words.TITLES))] = None
        return list(titles)

    def _book(self, id: int, title: str, upc: int) -> Book:
        chance = self._chance
        return Book(
            id=id,
            title=title,
            author=self._person(),
            category=Category(chance.choice(words.CATEGORIES)),
            pence=chance.randint(499, 7999),
            upc=with_check_digit(f"{upc:011d}"),
            stock=max(0, chance.randint(-3, 22)),
            rating=chance.randint(1, 5),
            pages=chance.randint(48, 912),
            published=FIRST_DAY + timedelta(days=chance.randrange(DAYS)),
            publisher=chance.choice(words.PUBLISHERS),
            language=chance.choice(words.LANGUAGES),
            tags=tuple(chance.sample(words.TAGS, chance.randint(0, 5))),
            description=tuple(self._paragraph(self._prose, 6) for _ in range(chance.randint(2, 4))),
            reviews=tuple(self._review() for _ in range(chance.randint(0, 4))),
        )

    def _review(self) -> Review:
        stars, length = self._chance.randint(1, 5), self._chance.randint(2, 4)
        return Review(self._person(), stars, self._paragraph(self._opinions, length))

    def _paragraph(self, sentences: list[list[str]], length: int) -> str:
        return " ".join(map(self._chance.choice, self._chance.sample(sentences, length)))

    def _person(self) -> str:
        return f"{self._chance.choice(words.GIVEN_NAMES)} {self._chance.choice(words.FAMILY_NAMES)}"

    def _variants(self, sentence: str) -> list[str]:
        return [self._fill(sentence, str.lower) for _ in range(30)]

    def _fill(self, template: str, case: Callable[[str], str] = str) -> str:
        noun, other, third = map(case, self._chance.sample(words.NOUNS, 3))
        filled = template.format(
            noun=noun,
            other=other,
            third=third,
            adjective=case(self._chance.choice(words.ADJECTIVES)),
            place=self._chance.choice(words.PLACES),
            given=self._chance.choice(words.GIVEN_NAMES),
        )
        return re.sub(r"\b([Aa]) (?=[AEIOUaeiou])", r"\1n ", filled)


def with_check_digit(digits: str) -> str:
    """Return the eleven digits of a UPC-A followed by the twelfth, which checks them."""
    total = 3 * sum(map(int, digits[::2])) + sum(map(int, digits[1::2]))
    return f"{digits}{-total % 10}"
