"""Pages of a list that cost the same on page 1 and on page 2000, because nothing is counted."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.http import HttpRequest
from unfold import paginator

from roadmaps.people.numbers import DIGITS_MAX, whole_number

LIST_MAX = 50  # rows of one page of a list that stands beside others
PAGE_MAX = 100_000  # an address may ask for any number


class UncountedPage(Page[Any]):
    """A page that has a next one when a row comes after its own."""

    paginator: "InfinitePaginator"

    def has_next(self) -> bool:
        return self.paginator.has_more


class InfinitePaginator(paginator.InfinitePaginator):
    """Pages without a count: the keys of a page are read before its rows and what they join.

    By this class's name Unfold knows that it has no count to show.

    An offset is paid for by every row that it skips: in an index that is a fraction of what the
    joined rows would cost.
    """

    template_name = "admin/roadmaps/_pages.html"
    has_more = False

    def page(self, number: Any) -> "Page[Any]":
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        keys_of_all = self.object_list.values_list("pk", flat=True)
        keys = list(keys_of_all[first : first + self.per_page + 1])
        self.has_more = len(keys) > self.per_page
        self.first = first + 1 if keys else 0
        rows = self.object_list.filter(pk__in=keys[: self.per_page])
        return UncountedPage(rows, number, self)


@dataclass(frozen=True)
class ListPage:
    """One page of a list that stands beside others; its links keep the rest of the address."""

    rows: list[Any]
    number: int
    previous: str  # the query of the page before; empty on the first
    next: str  # empty on the last
    anchor: str

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def list_page(request: HttpRequest, rows: Any, name: str, *, size: int = LIST_MAX) -> ListPage:
    """The page of `rows` (a queryset or a sequence) that the address names by `?name=2`.

    A text that is no number means the first page, as everywhere in the admin.
    """
    text = request.GET.get(name, "")[:DIGITS_MAX]  # far beyond the last page already
    number = min(whole_number(text) or 1, PAGE_MAX)
    first = (number - 1) * size
    rows_and_next = list(rows[first : first + size + 1])

    def query(page: int) -> str:
        parameters = request.GET.copy()
        parameters[name] = str(page)
        return f"?{parameters.urlencode()}#{name}"

    previous_query = ""
    if number > 1:
        previous_query = query(number - 1)
    next_query = ""
    if len(rows_and_next) > size:
        next_query = query(number + 1)
    return ListPage(rows_and_next[:size], number, previous_query, next_query, anchor=name)
