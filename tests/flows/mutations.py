"""Ways in which a portal's page changes: small functions on a page's tree, by a seed.

Each takes the page and a source of chance, changes the page in place and says what it did, or
returns ``None`` where the page has nothing for it. ``HARMFUL`` ones leave data where it no longer
means what it did, ``COSMETIC`` ones change nothing that a person would notice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from random import Random

from typing_extensions import override

VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
STYLE = (
    ".was { display: none } .visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden;"
    " clip: rect(0 0 0 0) } .neg::before { content: '-' }"
)
"""What a mutated page's classes mean."""
MONEY = re.compile(r"\$?[\d,]*\d\.\d\d")
DATE = re.compile(r"\b(\d\d)/(\d\d)/(\d{4})\b")


@dataclass(eq=False)
class Node:
    """An element of a page that can be changed and written again."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    kids: list[Node | str] = field(default_factory=list)
    parent: Node | None = field(default=None, repr=False)

    @property
    def html(self) -> str:
        inner = "".join(kid.html if isinstance(kid, Node) else escape(kid, quote=False) for kid in self.kids)
        if not self.tag:
            return f"<!doctype html>{inner}"
        if self.tag == "!":
            return f"<!--{self.attributes['']}-->"
        head = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes.items())
        return f"<{self.tag}{head}>" + ("" if self.tag in VOID else f"{inner}</{self.tag}>")

    @property
    def words(self) -> str:
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for kid in self.kids:
            yield from kid._texts() if isinstance(kid, Node) else (kid,)

    @property
    def below(self) -> Iterator[Node]:
        for kid in self.kids:
            if isinstance(kid, Node):
                yield kid
                yield from kid.below

    @property
    def elements(self) -> list[Node]:
        return [kid for kid in self.kids if isinstance(kid, Node)]

    def all(self, *tags: str) -> list[Node]:
        return [node for node in self.below if node.tag in tags]

    def first(self, *tags: str) -> Node:
        return next(node for node in self.below if node.tag in tags)

    def within(self, *tags: str) -> Node | None:
        place = self.parent
        while place is not None and place.tag not in tags:
            place = place.parent
        return place

    def fill(self, *kids: Node | str) -> Node:
        self.kids = []
        return self.add(*kids)

    def add(self, *kids: Node | str, at: int | None = None) -> Node:
        for kid in kids:
            if isinstance(kid, Node):
                kid.parent = self
        at = len(self.kids) if at is None else at
        self.kids[at:at] = kids
        return self

    @property
    def place(self) -> int:
        assert self.parent is not None
        return next(at for at, kid in enumerate(self.parent.kids) if kid is self)

    def remove(self) -> Node:
        assert self.parent is not None
        del self.parent.kids[self.place]
        return self

    def before(self, *kids: Node | str) -> None:
        assert self.parent is not None
        self.parent.add(*kids, at=self.place)

    def after(self, *kids: Node | str) -> None:
        assert self.parent is not None
        self.parent.add(*kids, at=self.place + 1)

    def copy(self) -> Node:
        return Node(self.tag, dict(self.attributes)).add(
            *(kid.copy() if isinstance(kid, Node) else kid for kid in self.kids)
        )


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Node("")

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.at.add(node)
        if tag not in VOID:
            self.at = node

    @override
    def handle_endtag(self, tag: str) -> None:
        place: Node | None = self.at
        while place is not None and place.tag != tag:
            place = place.parent
        if place is not None and place.parent is not None:
            self.at = place.parent

    @override
    def handle_data(self, data: str) -> None:
        self.at.add(data)


def parsed(html: str) -> Node:
    """Return a document as a tree, without its scripts."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    for script in builder.root.all("script"):
        script.remove()
    return builder.root


def el(tag: str, *kids: Node | str, **attributes: str) -> Node:
    """Return a new element; ``class_`` is its class."""
    return Node(tag, {name.rstrip("_").replace("_", "-"): v for name, v in attributes.items()}).add(*kids)


# ---- what a page has --------------------------------------------------------------------------------


@dataclass(eq=False)
class Pair:
    """A label and its value. In ``<p><b>Label:</b> value</p>`` the value is the rest of the paragraph."""

    section: str
    label: Node
    holder: Node

    @property
    def name(self) -> str:
        return f"{self.section} › {self.label.words.rstrip(':')}"

    @property
    def words(self) -> str:
        return self.holder.words.removeprefix(self.label.words if self.holder.tag == "p" else "").strip()

    @property
    def kids(self) -> list[Node | str]:
        return self.holder.kids[1:] if self.holder.tag == "p" else self.holder.kids

    def put(self, *kids: Node | str) -> None:
        if self.holder.tag == "p":
            self.holder.fill(self.label, " ", *kids)
        else:
            self.holder.fill(*kids)


@dataclass(eq=False)
class Grid:
    """A table with headers."""

    caption: str
    node: Node
    heads: list[Node]
    rows: list[list[Node]]

    def cells(self) -> Iterator[Pair]:
        for row in self.rows:
            for head, cell in zip(self.heads, row, strict=True):
                yield Pair(self.caption, head, cell)


def heading(page: Node, node: Node) -> str:
    """Return the words of the heading before a place."""
    found = ""
    for other in page.below:
        if other is node:
            break
        if re.fullmatch("h[1-6]", other.tag):
            found = other.words
    return found


def grids(page: Node) -> list[Grid]:
    found = []
    for table in page.all("table"):
        for head in table.all("thead"):
            rows = [row.elements for row in table.first("tbody").elements]
            caption = heading(page, table).replace("Results for", "Claims")
            found.append(Grid(caption, table, head.all("th"), rows))
    return found


def pairs(page: Node) -> list[Pair]:
    """Return labelled values outside grids, in all their mark-ups, those in the main part only."""
    found = []
    for node in page.first("main").below:
        kids = node.elements
        tags = [kid.tag for kid in kids]
        if tags in (["dt", "dd"], ["th", "td"], ["label", "span"]):
            found.append(Pair(heading(page, node), kids[0], kids[1]))
        elif node.tag == "p" and tags == ["b"]:
            found.append(Pair(heading(page, node), kids[0], node))
        elif tags == ["span", "span"] and kids[0].attributes.get("class") == "label":
            found.append(Pair(heading(page, node), kids[0], kids[1]))
    return found


def spots(page: Node) -> list[Pair]:
    """Return every value of the page."""
    return [*pairs(page), *(cell for grid in grids(page) for cell in grid.cells())]


UNREAD = re.compile(r"Contract adjustment|Inquiry number|Pointer|Actions?$|› $|Codes explained")


def spot(page: Node, rng: Random, pattern: str = r".*\w.*", *, read: bool = True) -> Pair | None:
    """Choose a value that is like the pattern, one that the flow reads."""
    found = [
        one
        for one in spots(page)
        if re.fullmatch(pattern, one.words) and not (read and UNREAD.search(one.name))
    ]
    return rng.choice(found) if found else None


def altered(words: str) -> str:
    """Return what might stand there for somebody else."""
    if DATE.search(words):
        return DATE.sub(lambda m: f"{m[1]}/{m[2]}/{int(m[3]) - 1}", words)
    if re.search(r"\d", words):
        return re.sub(r"\d", lambda m: str((int(m[0]) + 3) % 10), words)
    return "Somebody Else" if words else ""


def alter(node: Node) -> Node:
    """Make a copied block another patient's."""
    for one in [node, *node.below]:
        if one.tag not in ("th", "dt", "label", "b", "h2", "h3"):
            one.fill(*(kid if isinstance(kid, Node) else altered(kid) for kid in one.kids))
    return node


Act = Callable[[Node, Random], str | None]


@dataclass(frozen=True)
class Mutation:
    """A change of a page."""

    name: str
    act: Act
    denies: bool = False
    """The old value is no longer what the page shows: reading it is wrong."""

    def mutated(self, html: str, seed: str) -> tuple[str, str] | None:
        """Return the changed document and what was changed."""
        page = parsed(html)
        said = self.act(page, Random(seed))
        if said is None:
            return None
        page.first("head").add(el("style", STYLE))
        return page.html, said


HARMFUL: dict[str, Mutation] = {}
COSMETIC: dict[str, Mutation] = {}


def harmful(act: Act) -> Act:
    HARMFUL[act.__name__] = Mutation(act.__name__, act)
    return act


def denying(act: Act) -> Act:
    HARMFUL[act.__name__] = Mutation(act.__name__, act, denies=True)
    return act


def cosmetic(act: Act) -> Act:
    COSMETIC[act.__name__] = Mutation(act.__name__, act)
    return act


def _two(rng: Random, found: Sequence[Pair]) -> tuple[Pair, Pair] | None:
    if len(found) < 2:
        return None
    one, other = rng.sample(list(found), 2)
    return one, other


def _swap(one: Node, other: Node) -> None:
    mine, theirs = one.kids, other.kids
    one.fill(*theirs)
    other.fill(*mine)


def _grid(page: Node, rng: Random, rows: int = 1, heads: int = 2) -> Grid | None:
    found = [grid for grid in grids(page) if len(grid.rows) >= rows and len(grid.heads) >= heads]
    return rng.choice(found) if found else None


# ---- labels and columns -----------------------------------------------------------------------------


@harmful
def swap_headers(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    one, other = rng.sample(grid.heads, 2)
    said = f"{grid.caption}: {' ↔ '.join(sorted((one.words, other.words)))}"
    _swap(one, other)
    return said


@harmful
def swap_labels(page: Node, rng: Random) -> str | None:
    """Within one section."""
    names = sorted({pair.section for pair in pairs(page)})
    section = rng.choice(names)
    two = _two(rng, [pair for pair in pairs(page) if pair.section == section])
    if two is None:
        return None
    said = f"{section}: {' ↔ '.join(sorted(pair.label.words.rstrip(':') for pair in two))}"
    _swap(two[0].label, two[1].label)
    return said


@harmful
def rename_label_to_another(page: Node, rng: Random) -> str | None:
    if (two := _two(rng, pairs(page))) is None:
        return None
    said = f"{two[0].name} → {two[1].name}"
    two[0].label.fill(two[1].label.words)
    return said


@harmful
def rename_header_to_another(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    one, other = rng.sample(grid.heads, 2)
    said = f"{grid.caption}: {one.words} → {other.words}"
    one.fill(other.words)
    return said


@harmful
def units_and_pointers_swapped(page: Node, rng: Random) -> str | None:
    del rng
    for grid in grids(page):
        named = {head.words: head for head in grid.heads}
        if {"Units", "Diagnosis"} <= set(named):
            _swap(named["Units"], named["Diagnosis"])
            return grid.caption
    return None


@harmful
def header_with_a_sort_arrow(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    head = rng.choice(grid.heads)
    arrows: list[Node | str] = [
        " ▲",
        el("span", "▼"),
        el("span", "sorted ascending", class_="visually-hidden"),
    ]
    head.add(rng.choice(arrows))
    return f"{grid.caption}: {head.words}"


@harmful
def header_with_a_tooltip(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    head, other = rng.sample(grid.heads, 2)
    words = f"{head.words} or {other.words}"
    head.add(el("span", words, class_=rng.choice(["tooltip", "was"]), role="tooltip"))
    return f"{grid.caption}: {head.words}"


@harmful
def header_words_for_screen_readers(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    head = rng.choice(grid.heads)
    head.add(" ", el("span", "amount", class_="visually-hidden"))
    return f"{grid.caption}: {head.words}"


# ---- cells and rows -----------------------------------------------------------------------------------


@harmful
def drop_a_cell(page: Node, rng: Random) -> str | None:
    if (one := spot(page, rng, ".*")) is None or one.holder.tag == "p":
        return None
    one.holder.remove()
    return one.name


@harmful
def column_in_the_middle_of_rows_only(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    at = rng.randrange(1, len(grid.heads))
    for row in grid.rows:
        row[at].before(el("td", rng.choice(["", row[at].words, "$1.00"])))
    return f"{grid.caption}: before {grid.heads[at].words}"


@harmful
def header_of_a_column_dropped(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    head = rng.choice(grid.heads)
    head.remove()
    return f"{grid.caption}: {head.words}"


@harmful
def cells_merged(page: Node, rng: Random) -> str | None:
    """One cell over two columns, with the value of the first, the second, or both."""
    if (grid := _grid(page, rng)) is None:
        return None
    row, at = rng.choice(grid.rows), rng.randrange(len(grid.heads) - 1)
    first, second = row[at], row[at + 1]
    said = f"{grid.caption}: {grid.heads[at].words} + {grid.heads[at + 1].words}"
    if rng.random() < 0.5:
        first.fill(*second.kids)
    second.remove()
    first.attributes["colspan"] = "2"
    return said


@harmful
def cells_merged_downwards(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng, rows=2)) is None:
        return None
    at, row = rng.randrange(len(grid.heads)), rng.randrange(len(grid.rows) - 1)
    grid.rows[row][at].attributes["rowspan"] = "2"
    grid.rows[row + 1][at].remove()
    return f"{grid.caption}: {grid.heads[at].words}"


@harmful
def row_twice(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    row = rng.choice(grid.rows)[0].parent
    assert row is not None
    row.after(row.copy())
    return grid.caption


@harmful
def row_dropped(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    row = rng.choice(grid.rows)[0].parent
    assert row is not None
    row.remove()
    return f"{grid.caption}: {row.words}"


@harmful
def value_moved_to_the_neighbour(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    row, at = rng.choice(grid.rows), rng.randrange(len(grid.heads) - 1)
    one, other = row[at : at + 2] if rng.random() < 0.5 else row[at : at + 2][::-1]
    other.fill(*one.kids)
    one.fill(rng.choice(["", "--"]))
    return f"{grid.caption}: {grid.heads[at].words}, {grid.heads[at + 1].words}"


@harmful
def values_shifted_in_a_row(page: Node, rng: Random) -> str | None:
    """One cell too few on the left, an empty one at the end."""
    if (grid := _grid(page, rng)) is None:
        return None
    row = rng.choice(grid.rows)
    at = rng.randrange(len(row))
    row[-1].after(el("td"))
    row[at].remove()
    return f"{grid.caption}: from {grid.heads[at].words}"


@harmful
def values_of_two_rows_exchanged(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng, rows=2)) is None:
        return None
    at, (one, other) = rng.randrange(len(grid.heads)), rng.sample(grid.rows, 2)
    _swap(one[at], other[at])
    return f"{grid.caption}: {grid.heads[at].words}"


@harmful
def totals_in_the_body(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    cells = ["Total", *("" for _ in grid.heads[1:])]
    for at in range(1, len(cells)):
        cells[at] = grid.rows[0][at].words if grid.rows[0][at].attributes.get("class") == "n" else ""
    spanning = rng.random() < 0.3
    made = [el("td", "Total", colspan="2"), *(el("td", words) for words in cells[2:])]
    row = el("tr", *(made if spanning else [el("td", words) for words in cells]))
    grid.node.first("tbody").add(row)
    return f"{grid.caption}{' (label over two columns)' if spanning else ''}"


@harmful
def lines_of_another_claim(page: Node, rng: Random) -> str | None:
    """Another claim's or patient's rows in the same table, above or below."""
    if (grid := _grid(page, rng)) is None:
        return None
    rows = [alter(el("tr", *(cell.copy() for cell in row))) for row in grid.rows[: rng.choice([1, 9])]]
    grid.node.first("tbody").add(*rows, at=rng.choice([0, None]))
    return grid.caption


@harmful
def nested_table(page: Node, rng: Random) -> str | None:
    one = spot(page, rng)
    if one is None:
        return None
    inner = [el("td", *one.kids)] + ([el("td", "$1.00")] if rng.random() < 0.5 else [])
    one.put(el("table", el("tr", *inner)))
    return one.name


@harmful
def value_in_an_input(page: Node, rng: Random) -> str | None:
    if (one := spot(page, rng)) is None:
        return None
    kind = {"readonly": ""} if rng.random() < 0.5 else {}
    one.put(Node("input", {"type": "text", "value": one.words} | kind))
    return f"{one.name}{' (read only)' if kind else ''}"


@harmful
def two_values_in_one(page: Node, rng: Random) -> str | None:
    if (one := spot(page, rng)) is None:
        return None
    two = [one.words, altered(one.words)]
    rng.shuffle(two)
    way = rng.choice(["br", "div", "space", "span", "slash"])
    made: dict[str, list[Node | str]] = {
        "br": [two[0], el("br"), two[1]],
        "div": [el("div", two[0]), el("div", two[1])],
        "space": [f"{two[0]} {two[1]}"],
        "span": [el("span", two[0]), el("span", two[1])],
        "slash": [f"{two[0]} / {two[1]}"],
    }
    one.put(*made[way])
    return f"{way}: {one.name}"


@harmful
def label_and_value_far_apart(page: Node, rng: Random) -> str | None:
    """All labels of a section first, then all values, one value short."""
    names = sorted({pair.section for pair in pairs(page)})
    section = rng.choice(names)
    found = [pair for pair in pairs(page) if pair.section == section and pair.holder.tag != "p"]
    if len(found) < 2:
        return None
    parent = found[0].holder.within("dl", "table", "div")
    assert parent is not None
    while parent.parent is not None and not all(pair.holder in list(parent.below) for pair in found):
        parent = parent.parent
    labels = [el("dt", pair.label.words) for pair in found]
    gone = rng.randrange(len(found))
    values = [el("dd", pair.words) for at, pair in enumerate(found) if at != gone]
    if rng.random() < 0.5:
        mixed: list[Node] = []
        for at, name in enumerate(labels):
            mixed += [name, *values[at : at + 1]]
    else:
        mixed = [*labels, *values]
    parent.fill(el("dl", *mixed))
    return section


# ---- formats ------------------------------------------------------------------------------------------


def _money(page: Node, rng: Random) -> Pair | None:
    return spot(page, rng, r"\$?[\d,]*\d\.\d\d")


def _put(one: Pair | None, said: Callable[[str], Sequence[Node | str]]) -> str | None:
    if one is None:
        return None
    name, made = one.name, said(one.words)
    words = one.words
    one.put(*made)
    return f"{name}: {words} → {one.words}"


@harmful
def comma_for_point(page: Node, rng: Random) -> str | None:
    return _put(_money(page, rng), lambda words: [words.translate(str.maketrans(",.", ".,"))])


@harmful
def one_decimal(page: Node, rng: Random) -> str | None:
    return _put(_money(page, rng), lambda words: [words[:-1]])


@harmful
def three_decimals(page: Node, rng: Random) -> str | None:
    return _put(_money(page, rng), lambda words: [f"{words}0"])


@harmful
def cents_apart(page: Node, rng: Random) -> str | None:
    """The cents raised, as shops do."""
    tag = rng.choice(["sup", "small", "span"])
    return _put(_money(page, rng), lambda words: [words[:-3], el(tag, words[-2:])])


@harmful
def another_currency(page: Node, rng: Random) -> str | None:
    sign = rng.choice(["€", "CA$", "£"])
    return _put(_money(page, rng), lambda words: [sign + words.removeprefix("$")])


@harmful
def trailing_text(page: Node, rng: Random) -> str | None:
    more = rng.choice([" est.", " of $500.00", " per visit", "*", " †", " (estimated)", " as of today"])
    return _put(spot(page, rng, r"[$\d].*"), lambda words: [words + more])


@harmful
def footnote_mark_on_words(page: Node, rng: Random) -> str | None:
    more = rng.choice(["*", " *", "†", " ‡", " [1]", " (2)"])
    return _put(spot(page, rng, r"[A-Z][a-z].*"), lambda words: [words + more])


@harmful
def footnote_digit(page: Node, rng: Random) -> str | None:
    way = rng.choice(["plain", "space", "sup", "small", "link"])
    made: dict[str, Callable[[str], list[Node | str]]] = {
        "plain": lambda words: [f"{words}1"],
        "space": lambda words: [f"{words} 1"],
        "sup": lambda words: [words, el("sup", "1")],
        "small": lambda words: [words, el("small", "1")],
        "link": lambda words: [words, el("sup", el("a", "1", href="#note"))],
    }
    said = _put(_money(page, rng), made[way])
    return said and f"{way}: {said}"


@harmful
def footnote_digit_on_a_number(page: Node, rng: Random) -> str | None:
    way = rng.choice(["sup", "small"])
    return _put(spot(page, rng, r"\d+"), lambda words: [words, el(way, "1")])


@harmful
def days_before_months(page: Node, rng: Random) -> str | None:
    del rng
    return _dates(page, lambda m: f"{m[2]}/{m[1]}/{m[3]}")


@harmful
def days_before_months_in_a_column(page: Node, rng: Random) -> str | None:
    found = [(grid, at) for grid in grids(page) for at, c in enumerate(grid.rows[0]) if DATE.match(c.words)]
    if not found:
        return None
    grid, at = rng.choice(found)
    for row in grid.rows:
        row[at].fill(DATE.sub(lambda m: f"{m[2]}/{m[1]}/{m[3]}", row[at].words))
    return f"{grid.caption}: {grid.heads[at].words}"


@harmful
def two_digit_years(page: Node, rng: Random) -> str | None:
    del rng
    return _dates(page, lambda m: f"{m[1]}/{m[2]}/{m[3][2:]}")


@harmful
def dates_with_dots(page: Node, rng: Random) -> str | None:
    del rng
    return _dates(page, lambda m: f"{m[2]}.{m[1]}.{m[3]}")


@harmful
def dates_in_words(page: Node, rng: Random) -> str | None:
    del rng
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return _dates(page, lambda m: f"{months[int(m[1]) - 1]} {m[2]}, {m[3]}")


def _dates(page: Node, said: Callable[[re.Match[str]], str]) -> str | None:
    """Write every date of the data another way; what was asked is echoed as before."""
    found = [one for one in spots(page) if DATE.search(one.words) and one.section != "Results for"]
    for one in found:
        one.put(DATE.sub(said, one.words))
    return f"{len(found)} dates" if found else None


@harmful
def text_cut_short(page: Node, rng: Random) -> str | None:
    dots = rng.choice(["…", "..."])
    return _put(
        spot(page, rng, r"\w.{7,}"), lambda words: [el("span", words[:6].rstrip() + dots, title=words)]
    )


@harmful
def status_words_changed(page: Node, rng: Random) -> str | None:
    found = [one for one in spots(page) if one.label.words.rstrip(":") in ("Status", "Network", "Level")]
    if not found:
        return None
    changes: list[Callable[[str], str]] = [
        lambda words: words.upper(),
        lambda words: f"{words} (new)",
        lambda words: words.replace("-", "–"),
    ]
    change = rng.choice(changes)
    return _put(rng.choice(found), lambda words: [change(words)])


@denying
def negative_by_style_only(page: Node, rng: Random) -> str | None:
    one = spot(page, rng, r"\$?[\d,]*[1-9][\d,]*\.\d\d")
    return _put(one, lambda words: [el("span", words, class_="neg")])


@harmful
def no_legend(page: Node, rng: Random) -> str | None:
    del rng
    for grid in grids(page):
        if grid.caption == "Codes explained":
            grid.node.remove()
            return grid.caption
    return None


@harmful
def words_for_nothing_changed(page: Node, rng: Random) -> str | None:
    words = rng.choice(["$-.--", "Not on file", "See plan", "0", "...", "***", "?"])
    return _put(spot(page, rng, r"--|N/A"), lambda _: [words])


# ---- hidden things ------------------------------------------------------------------------------------


def _hidden(way: str, *kids: Node | str) -> Node:
    made: dict[str, Callable[[], Node]] = {
        "stylesheet": lambda: el("span", *kids, class_="was"),
        "hidden": lambda: el("span", *kids, hidden=""),
        "style": lambda: el("span", *kids, style="display: none"),
        "style important": lambda: el("span", *kids, style="display:none!important"),
        "visibility": lambda: el("span", *kids, style="visibility:hidden"),
        "transparent": lambda: el("span", *kids, style="opacity: 0"),
        "no size": lambda: el("span", *kids, style="font-size: 0"),
        "off the page": lambda: el("span", *kids, style="position: absolute; left: -9999px"),
        "details": lambda: el("details", el("summary"), *kids),
        "template": lambda: el("template", *kids),
        "screen readers": lambda: el("span", *kids, class_="visually-hidden"),
        "struck out": lambda: el("s", *kids),
        "deleted": lambda: el("del", *kids),
    }
    return made[way]()


HIDING = (
    "stylesheet", "hidden", "style", "style important", "visibility", "transparent", "no size",
    "off the page", "details", "template", "screen readers", "struck out", "deleted",
)  # fmt: skip


@harmful
def hidden_old_value(page: Node, rng: Random) -> str | None:
    if (one := spot(page, rng)) is None:
        return None
    way, words = rng.choice(HIDING), one.words
    old = _hidden(way, altered(words))
    kids: list[Node | str] = [old, " ", words]
    one.put(*(kids if rng.random() < 0.7 else kids[::-1]))
    return f"{way}: {one.name}"


@harmful
def value_for_screen_readers_too(page: Node, rng: Random) -> str | None:
    """The same twice: once for the eye, once for screen readers."""
    if (one := spot(page, rng)) is None:
        return None
    words = one.words
    one.put(el("span", words, aria_hidden="true"), el("span", words, class_="visually-hidden"))
    return one.name


@harmful
def words_for_screen_readers(page: Node, rng: Random) -> str | None:
    if (one := spot(page, rng)) is None:
        return None
    words = one.words
    one.put(el("span", f"{one.label.words} ", class_="visually-hidden"), words)
    return one.name


def _section(node: Node) -> Node | None:
    place: Node | None = node
    while place is not None and place.tag != "section" and place.attributes.get("role") != "region":
        place = place.parent
    return place


@harmful
def hidden_label_and_value(page: Node, rng: Random) -> str | None:
    """An old value with its label in the place of the right one, which has lost its label."""
    found = [pair for pair in pairs(page) if pair.words and pair.holder.parent is not None]
    pair = rng.choice(found)
    box = pair.holder if pair.holder.tag == "p" else pair.holder.parent
    assert box is not None
    old = box.copy()
    for kid in old.elements:
        if kid.tag in ("dd", "td", "span"):
            kid.fill(altered(pair.words))
    way = rng.choice(["hidden", "stylesheet", "style"])
    old.attributes |= {"hidden": {"hidden": ""}, "stylesheet": {"class": "was"}}.get(
        way, {"style": "display:none"}
    )
    box.before(old)
    return f"{way}: {pair.name}"


@harmful
def hidden_row(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    row = alter(el("tr", *(cell.copy() for cell in rng.choice(grid.rows))))
    way = rng.choice(["stylesheet", "hidden", "collapse"])
    row.attributes |= {"stylesheet": {"class": "was"}, "hidden": {"hidden": ""}}.get(
        way, {"style": "visibility: collapse"}
    )
    grid.node.first("tbody").add(row, at=rng.choice([0, None]))
    return f"{way}: {grid.caption}"


@harmful
def block_of_another_patient(page: Node, rng: Random) -> str | None:
    """The same section of somebody else above or below, as shown as this one."""
    found = [section for h in page.all("h2") if (section := _section(h))]
    if not found:
        return None
    section = rng.choice(found)
    other = alter(section.copy())
    (section.before if rng.random() < 0.5 else section.after)(other)
    return section.first("h2").words


@harmful
def page_of_another_patient(page: Node, rng: Random) -> str | None:
    """All of the previous page above or below this one, as single page applications leave it."""
    main = page.first("main")
    other = alter(main.copy())
    if rng.random() < 0.5:
        other.attributes["aria-hidden"] = "true"
    above = rng.random() < 0.5
    (main.before if above else main.after)(other)
    return "above" if above else "below"


@harmful
def page_of_another_patient_only(page: Node, rng: Random) -> str | None:
    """All values but the echo of what was asked are somebody else's."""
    del rng
    for one in spots(page):
        if one.section != "Results for":
            one.put(altered(one.words))
    return "all of it"


@denying
def section_of_another_patient_only(page: Node, rng: Random) -> str | None:
    """One section is still the previous patient's."""
    names = sorted({one.section for one in spots(page)} - {"Results for", "Codes explained"})
    if not names:
        return None
    section = rng.choice(names)
    found = [one for one in spots(page) if one.section == section and one.words]
    for one in found:
        one.put(altered(one.words))
    return section if found else None


@harmful
def another_label_in_a_hidden_section(page: Node, rng: Random) -> str | None:
    """An old section in a closed ``details`` or under a tab that is not chosen."""
    found = [section for h in page.all("h2") if (section := _section(h))]
    if not found:
        return None
    section = rng.choice(found)
    old = alter(section.copy())
    way = rng.choice(["details", "tab", "dialog", "aria-hidden", "zero height"])
    made = {
        "details": lambda: el("details", el("summary", "Previous version"), old),
        "tab": lambda: el("div", old, role="tabpanel", hidden=""),
        "dialog": lambda: el("dialog", old),
        "aria-hidden": lambda: el("div", old, aria_hidden="true"),
        "zero height": lambda: el("div", old, style="height: 0; overflow: hidden"),
    }
    section.before(made[way]())
    return f"{way}: {section.first('h2').words}"


@harmful
def modal_with_other_values(page: Node, rng: Random) -> str | None:
    found = [section for h in page.all("h2") if (section := _section(h))]
    if not found:
        return None
    inner = alter(rng.choice(found).copy())
    dialog = el("div", inner, role="dialog", aria_modal="true", class_="dialog")
    body = page.first("body")
    body.add(el("div", dialog, class_="overlay"), at=rng.choice([0, None]))
    return inner.first("h2").words


@harmful
def value_of_another_in_a_modal_without_a_section(page: Node, rng: Random) -> str | None:
    if (one := spot(page, rng)) is None:
        return None
    other = el("dl", el("dt", one.label.words.rstrip(":")), el("dd", altered(one.words)))
    page.first("body").add(el("div", el("h2", "Quick view"), other, role="dialog"), at=rng.choice([0, None]))
    return one.name


@harmful
def heading_moved_down(page: Node, rng: Random) -> str | None:
    """A section's heading slips below its content, so that it stands under the section before it."""
    found = [section for h in page.all("h2") if (section := _section(h))]
    if not found:
        return None
    section = rng.choice(found)
    head = section.first("h2").remove()
    section.after(head)
    return head.words


@harmful
def section_dropped(page: Node, rng: Random) -> str | None:
    found = [section for h in page.all("h2") if (section := _section(h))]
    if not found:
        return None
    section = rng.choice(found).remove()
    return section.first("h2").words


@harmful
def headings_swapped(page: Node, rng: Random) -> str | None:
    found = [h for h in page.all("h2", "h3") if _section(h)]
    if len(found) < 2:
        return None
    one, other = rng.sample(found, 2)
    said = " ↔ ".join(sorted((one.words, other.words)))
    _swap(one, other)
    return said


# ---- cosmetic -------------------------------------------------------------------------------------------


@cosmetic
def nothing(page: Node, rng: Random) -> str | None:
    del page, rng
    return "as it is"


@cosmetic
def classes_renamed(page: Node, rng: Random) -> str | None:
    """But those that say which is the label."""
    kept = {"session-over", "label", "value"}
    for node in page.below:
        if "class" in node.attributes and node.tag != "body" and node.attributes["class"] not in kept:
            node.attributes["class"] = f"css-{rng.randrange(16**6):06x}"
    return "all"


@cosmetic
def values_wrapped(page: Node, rng: Random) -> str | None:
    tag = rng.choice(["span", "div", "strong", "em"])
    for one in spots(page):
        if one.holder.tag in ("td", "dd"):
            one.put(el(tag, *one.kids))
    return tag


@cosmetic
def sections_wrapped(page: Node, rng: Random) -> str | None:
    for head in page.all("h2"):
        if (section := _section(head)) and rng.random() < 0.7:
            place, parent = section.place, section.parent
            assert parent is not None
            section.remove()
            parent.add(el("div", el("div", section, class_="inner"), class_="outer"), at=place)
    return "some"


@cosmetic
def columns_in_another_order(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    order = list(range(len(grid.heads)))
    rng.shuffle(order)
    for cells in [grid.heads, *grid.rows]:
        row = cells[0].parent
        assert row is not None
        row.fill(*(cells[at] for at in order))
    return grid.caption


@cosmetic
def sections_in_another_order(page: Node, rng: Random) -> str | None:
    found = [section for h in page.all("h2") if (section := _section(h))]
    by_parent = [one for one in found if one.parent is found[-1].parent] if found else []
    if len(by_parent) < 2:
        return None
    parent = by_parent[0].parent
    assert parent is not None
    places = sorted(section.place for section in by_parent)
    rng.shuffle(by_parent)
    kids = list(parent.kids)
    for place, section in zip(places, by_parent, strict=True):
        kids[place] = section
    parent.fill(*kids)
    return f"{len(by_parent)} sections"


@cosmetic
def pairs_in_another_order(page: Node, rng: Random) -> str | None:
    found = [node for node in page.first("main").all("dl", "tbody", "div") if _rows_of_pairs(node)]
    if not found:
        return None
    for node in found:
        rows = node.elements
        rng.shuffle(rows)
        node.fill(*rows)
    return f"{len(found)} lists"


def _rows_of_pairs(node: Node) -> bool:
    tags = [tuple(kid.tag for kid in row.elements) for row in node.elements]
    return (
        len(tags) > 1 and len(set(tags)) == 1 and tags[0] in {("dt", "dd"), ("th", "td"), ("label", "span")}
    )


@cosmetic
def column_added_at_the_end(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    for cells in [grid.heads, *grid.rows]:
        cells[-1].after(el("th", "Notes") if cells is grid.heads else el("td", rng.choice(["", "None", "1"])))
    return grid.caption


@cosmetic
def section_added_at_the_end(page: Node, rng: Random) -> str | None:
    facts = el("dl", el("dt", "Call reference"), el("dd", "7781"), el("dt", "Fax"), el("dd", "800-555-0100"))
    tag = rng.choice(["section", "div"])
    page.first("main").elements[-1].add(el(tag, el("h2", "Need help?"), el("p", "Call us."), facts))
    return tag


@cosmetic
def note_added(page: Node, rng: Random) -> str | None:
    found = [section for h in page.all("h2") if (section := _section(h))]
    place = rng.choice(found) if found else page.first("main")
    place.add(el("p", "Amounts are in US dollars. ", el("a", "Learn more", href="/resources")))
    return place.first("h2").words


@cosmetic
def pair_added(page: Node, rng: Random) -> str | None:
    found = [node for node in page.first("main").all("dl", "tbody", "div") if _rows_of_pairs(node)]
    if not found:
        return None
    node = rng.choice(found)
    row = node.elements[-1].copy()
    row.elements[0].fill("Reference code")
    row.elements[1].fill("R-17")
    node.add(row)
    return heading(page, node)


@cosmetic
def labels_written_otherwise(page: Node, rng: Random) -> str | None:
    """A colon, a required mark, extra or no-break space, other case."""
    way = rng.choice(["colon", "star", "space", "nbsp", "upper", "new line"])
    change: dict[str, Callable[[str], str]] = {
        "colon": lambda words: f"{words.rstrip(':')}:",
        "star": lambda words: f"{words} *" if not words.endswith(":") else words,
        "space": lambda words: f"  {words.replace(' ', '   ')} ",
        "nbsp": lambda words: words.replace(" ", "\u00a0"),
        "upper": str.upper,
        "new line": lambda words: f"\n   {words}\n  ",
    }
    for one in pairs(page):
        one.label.fill(change[way](one.label.words))
    for grid in grids(page):
        for head in grid.heads:
            if head.words:
                head.fill(change[way](head.words))
    return way


@cosmetic
def pairs_in_other_markup(page: Node, rng: Random) -> str | None:
    found = [node for node in page.first("main").all("dl", "tbody", "div") if _rows_of_pairs(node)]
    if not found:
        return None
    node = rng.choice(found)
    if node.tag == "tbody":
        assert node.parent is not None
        node = node.parent
    said = heading(page, node)
    mine = [pair for pair in pairs(page) if pair.holder in list(node.below)]
    way = rng.choice(["dl", "flat dl", "table", "label", "b", "spans", "four cells"])
    made = [(pair.label.words.rstrip(":"), pair.words) for pair in mine]
    row: dict[str, Callable[[], Node]] = {
        "dl": lambda: el("dl", *(el("div", el("dt", a), el("dd", b)) for a, b in made)),
        "flat dl": lambda: el("dl", *(part for a, b in made for part in (el("dt", a), el("dd", b)))),
        "table": lambda: el("table", *(el("tr", el("th", a), el("td", b)) for a, b in made)),
        "label": lambda: el("div", *(el("div", el("label", a), " ", el("span", b)) for a, b in made)),
        "b": lambda: el("div", *(el("p", el("b", f"{a}:"), f" {b}") for a, b in made)),
        "spans": lambda: el(
            "div", *(el("div", el("span", a, class_="label"), " ", el("span", b)) for a, b in made)
        ),
        "four cells": lambda: el(
            "table",
            *(
                el("tr", *(part for a, b in made[at : at + 2] for part in (el("th", a), el("td", b))))
                for at in range(0, len(made), 2)
            ),
        ),
    }
    node.before(row[way]())
    node.remove()
    return f"{way}: {said}"


@cosmetic
def header_row_without_thead(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    head = grid.node.first("thead")
    row = head.elements[0]
    head.remove()
    grid.node.first("tbody").add(row, at=0)
    return grid.caption


@cosmetic
def white_space(page: Node, rng: Random) -> str | None:
    space = rng.choice(["\n      ", "   ", "\t"])
    for one in spots(page):
        if not any(isinstance(kid, Node) for kid in one.kids):
            one.put(f"{space}{one.words.replace(' ', space if rng.random() < 0.5 else ' ')}{space}")
    return repr(space)


@cosmetic
def no_break_space_in_values(page: Node, rng: Random) -> str | None:
    del rng
    for one in spots(page):
        if " " in one.words and not one.holder.elements:
            one.put(one.words.replace(" ", "\u00a0"))
    return "all"


@cosmetic
def icons_in_headers(page: Node, rng: Random) -> str | None:
    for head in page.all("th"):
        if rng.random() < 0.5:
            head.add(el("svg", el("title", "sorted"), el("path", d="M0 0")))
        else:
            head.add(" ", el("i", class_="icon-sort", aria_hidden="true"))
    return "all"


@cosmetic
def icons_in_values(page: Node, rng: Random) -> str | None:
    for one in spots(page):
        if rng.random() < 0.3:
            one.put(el("i", class_="icon"), " ", *one.kids)
    return "some"


@cosmetic
def attributes(page: Node, rng: Random) -> str | None:
    for node in page.first("main").below:
        node.attributes["data-testid"] = f"t{rng.randrange(1000)}"
        if node.tag in ("td", "dd"):
            node.attributes |= {"style": "text-align: right", "title": "value"}
    return "all"


@cosmetic
def comments(page: Node, rng: Random) -> str | None:
    for node in list(page.first("main").below):
        if rng.random() < 0.3 and node.tag not in VOID:
            node.add(Node("!", {"": " <td>$9.99</td> "}), at=rng.randrange(len(node.kids) + 1))
    return "some"


@cosmetic
def values_as_links(page: Node, rng: Random) -> str | None:
    for one in spots(page):
        if rng.random() < 0.2 and one.words and not one.holder.elements:
            one.put(el("a", one.words, href="/resources"))
    return "some"


@cosmetic
def lines_numbered_by_headers(page: Node, rng: Random) -> str | None:
    """The first cell of each row is a header of the row."""
    if (grid := _grid(page, rng)) is None:
        return None
    for row in grid.rows:
        row[0].tag = "th"
        row[0].attributes["scope"] = "row"
    return grid.caption


@cosmetic
def table_in_a_scroller(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    parent, place = grid.node.parent, grid.node.place
    assert parent is not None
    grid.node.remove()
    parent.add(el("div", el("div", grid.node), class_="x"), at=place)
    return grid.caption


@cosmetic
def totals_in_the_foot(page: Node, rng: Random) -> str | None:
    if (grid := _grid(page, rng)) is None:
        return None
    grid.node.add(
        el("tfoot", el("tr", *(el("td", "Total" if not at else "") for at, _ in enumerate(grid.heads))))
    )
    return grid.caption
