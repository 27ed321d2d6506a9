"""A second way to read pages, with nothing but the standard library: what a person would see.

It shares no code with the portals' templates nor with the harvester's reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

from typing_extensions import override

_VOID = frozenset({"input", "img", "link", "meta", "br", "path", "circle"})
_HIDDEN = frozenset({"session-over"})


@dataclass
class Node:
    """An element with its children, or a text where ``tag`` is blank."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    words: str = ""
    parent: Node | None = None

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    @cached_property
    def text(self) -> str:
        """The visible words, white space folded."""
        if self.classes & _HIDDEN or self.tag in ("script", "style", "title"):
            return ""
        inner = "".join(child.text if child.tag else child.words for child in self.children)
        return " ".join(inner.split()) if self.tag != "b" else " ".join(inner.split()) + " "

    @cached_property
    def below(self) -> list[Node]:
        """All elements inside, in the order of the page."""
        return [node for child in self.children if child.tag for node in (child, *child.below)]

    def all(self, *tags: str) -> list[Node]:
        return [node for node in self.below if node.tag in tags]

    def one(self, tag: str, **attributes: str) -> Node:
        found = [n for n in self.all(tag) if all(n.attributes.get(k) == v for k, v in attributes.items())]
        assert len(found) == 1, f"{len(found)} of <{tag} {attributes}>"
        return found[0]

    def section(self, title: str) -> Node | None:
        """Return the part of the page under a heading of the second level."""
        heads = [node for node in self.all("h2") if node.text == title]
        assert len(heads) <= 1, title
        if not heads:
            return None
        part = heads[0]
        while (
            part.tag != "section"
            and part.attributes.get("role") != "region"
            and "criteria" not in part.classes
        ):
            assert part.parent is not None
            part = part.parent
        return part

    def facts(self) -> dict[str, str]:
        """Return labels and values, in whichever of the four mark-ups they stand."""
        found: list[tuple[str, str]] = []
        for node in self.below:
            kids = [child for child in node.children if child.tag]
            tags = [kid.tag for kid in kids]
            if tags[:2] in (["dt", "dd"], ["th", "td"], ["label", "span"]) and len(tags) == 2:
                found.append((kids[0].text.removesuffix(":"), kids[1].text))
            elif node.tag == "p" and tags == ["b"] and kids[0].text.strip().endswith(":"):
                found.append((kids[0].text.strip().removesuffix(":"), node.text.split(":", 1)[1].strip()))
        assert len(dict(found)) == len(found), found
        return dict(found)

    def tables(self) -> list[list[dict[str, str]]]:
        """Return tables with a header row, each row by header."""
        found = []
        for table in self.all("table"):
            heads = table.all("thead")
            if heads:
                headers = [cell.text for cell in heads[0].all("th")]
                body = table.one("tbody")
                rows = [[cell.text for cell in row.all("td", "th")] for row in body.all("tr")]
                found.append([dict(zip(headers, row, strict=True)) for row in rows])
        return found


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Node("html-root")

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, parent=self.at)
        self.at.children.append(node)
        if tag not in _VOID:
            self.at = node

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        while self.at.tag != tag:
            assert self.at.parent is not None, f"</{tag}> closes nothing"
            self.at = self.at.parent
        assert self.at.parent is not None
        self.at = self.at.parent

    @override
    def handle_data(self, data: str) -> None:
        self.at.children.append(Node("", words=data, parent=self.at))


def page(html: str) -> Node:
    """Return a document as a tree."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root
