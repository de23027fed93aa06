"""What is found out once about the elements of a page, and kept for as long as its tree is there.

Pages may be deep, wide or both, by chance or to keep a reader busy: looking around each of their elements
anew takes the square of the time. A tree that is changed later keeps what was found first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from scraper.selector import Element

T = TypeVar("T")


class _Known(Generic[T]):
    """Answers by element, for each tree."""

    def __init__(self) -> None:
        self._trees: WeakKeyDictionary[Element, dict[Element | None, T]] = WeakKeyDictionary()

    def around(self, root: Element) -> dict[Element | None, T]:
        """Return the answers for a tree; that for its root is under ``None``, or it would hold itself."""
        return self._trees.setdefault(root, {})


def root_of(element: Element) -> Element:
    """Return the outermost element of the tree."""
    return element.getroottree().getroot()


def once(find: Callable[[Element], T]) -> Callable[[Element], T]:
    """Return what finds for an element what `find` does, and looks at each only once."""
    known = _Known[T]()

    def found(element: Element) -> T:
        root = root_of(element)
        answers, key = known.around(root), None if element is root else element
        if key not in answers:
            answers[key] = find(element)
        return answers[key]

    return found


def inherited(test: Callable[[Element], bool]) -> Callable[[Element], bool]:
    """Return what tells whether `test` holds for an element or for one around it, and tests each once."""
    known = _Known[bool]()

    def holds(element: Element) -> bool:
        root = root_of(element)
        answers, below = known.around(root), list[Element]()
        at: Element | None = element
        while at is not None and at is not root and at not in answers:
            below.append(at)
            at = at.getparent()
        answer = answers[at] if at in answers else test(root)
        for at in reversed(below):
            answers[at] = answer = answer or test(at)
        return answer

    return holds
