"""Writes performance.md and its plot from the raw results.

``python -m scripts.bench.report OUT DOCS`` writes them anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from math import ceil, floor, log10
from pathlib import Path
from statistics import median, quantiles
from typing import Any

Row = dict[str, Any]

BESIDE = "crawlee"
"""Whose cost the others' is shown beside."""
OURS = "harvester"
RENDERED = "harvester, rendered"
SCENARIOS = ("claims", "nights", "asked", "accounts")
ABOUT = {
    "script": "a plain Playwright script: signs in once, `goto` for each claim, locators",
    "crawlee": "Crawlee's PlaywrightCrawler, default settings, one session that all requests share",
    "crawlee tuned": "the same with styles, images and fonts blocked, and 4 pages at once",
    "scrapy-playwright": "styles, images, fonts and media blocked, and 4 pages at once",
    OURS: "a real stay with guard and egress, as the product runs it, one claim at a time",
    RENDERED: "the same flow, guard and egress, but every page opened and rendered in one tab",
}

MACHINE = """\
{date}; {cores} cores of {cpu}, {memory_gib} GiB, {system}, load {load_before} before it began;
Python {python}, {browser}; {peers}."""
CLAIMS = """\
## Claims

{claims} claims with {lines} service lines in all, read at the make-believe portal `cascadia`, which
takes {latency_ms} ms for every page. {rounds} round(s) in one run, one contestant after another, a
different one first in every round; medians, and ranges in brackets. Every value is compared with what
the portal knows to be true, and a contestant with one that differs does not count.

![Processor time a claim](performance.svg)
"""
MEANING = """
*CPU* is user and system time of every process that was started, browsers among them, without the
portal's; starting, signing in and ending are in it, spread over the claims. *To sign in* is from the
start of the process to the first claim. *Claim ÷ latency* is the time from then to the last claim, over
the claims, over {latency_ms} ms; who has four pages open can be below 1. *Memory* is the most that all
processes had at once ({kinds}, looked at twice a second). *kB served* are bodies, as the portal
counts them.
"""
PARTS = {"pages": "pages", "browser": "browser", "driver": "driver", "python": "Python"}
PARTS_ARE = """\
Where it went, of all processes and their whole life, as they were seen twice a second: *pages* are the
renderers, *browser* is what else a browser has, *driver* is Playwright's own process. *Start and sign in* is
what all of them together had spent when the first claim was asked for.
"""
NIGHTS = """\
## A night's sweep

{claims} open claims of one tax id, one account, every page of the portal taking {latency_ms} ms: the whole
`harvester sweep`, from planning to the end, with its list of claims, payments and remittance files. The first
night opens every claim, the second what changed at the portal by itself; after that the row of so many claims
is made to differ from the one that is known. After every night the newest snapshot of every claim is compared
with the portal's truth of that day.
"""
ASKED = """\
## A person waiting

Eligibility asked on demand, every page of the portal taking {latency_ms} ms. The portal's own time is what
its log says that it took for the requests that were made; the ratio is the median of the lookups'.
"""
HOW = {
    "cold": "a new stay, from its start to the answer, signing in between",
    "fetched": "a stay that is signed in, at a portal whose pages are fetched (`cascadia`)",
    "parked": "the same through the office: from asking to what is kept, by a worker that remains signed in",
    "driven": "a stay that is signed in, at a single-page application that is driven (`harborline`)",
}
ACCOUNTS = """\
## Many accounts at once

One office, a stay for each account, {each} claims each. The make-believe practice has {people} people
with an account at this portal, so more accounts are spread over more such portals, which run on the same
machine and take processor time that is not counted. The office's own part is in the figures; measured
once for each number of accounts.
"""


def results(out: Path) -> dict[str, Row]:
    """Return the raw results that are there, by scenario."""
    there = {name: out / f"{name}.json" for name in SCENARIOS}
    return {name: json.loads(path.read_text()) for name, path in there.items() if path.exists()}


def wrong(out: Path) -> list[str]:
    """Return a sentence for everything that does not count."""
    found = results(out)
    said = [] if found else ["nothing was measured"]
    for name, scenario in found.items():
        rows: list[Row] = scenario["rows"]
        said += [] if rows else [f"{name}: nothing was measured"]
        for row in rows:
            who = row.get("contestant") or row.get("accounts") or row.get("night") or row["how"]
            said += [f"{name}, {who}: {sentence}" for sentence in row["wrong"][:3]]
    return said


def write(out: Path, docs: Path) -> None:
    """Write the page, and the plot where some contestant's claims count."""
    found = results(out)
    docs.mkdir(parents=True, exist_ok=True)
    parts: dict[str, Callable[[Row], list[str]]] = {
        "claims": _claims,
        "nights": _nights,
        "asked": _asked,
        "accounts": _accounts,
    }
    lines = ["# Performance", "", "Measured and written by `make bench`; nothing here is typed by hand.", ""]
    for name, scenario in found.items():
        lines += [*parts[name](scenario), *_machine(scenario["machine"]), ""]
    (docs / "performance.md").write_text("\n".join(lines).rstrip() + "\n")
    if "claims" in found:
        _plot(found["claims"], docs / "performance.svg")


def _machine(here: Row) -> list[str]:
    peers = ", ".join(f"{name} {number}" for name, number in here["versions"].items())
    return [MACHINE.format(**here, peers=peers)]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def _figures(values: Sequence[float], digits: int) -> str:
    """Return a median, and the range if there is one."""
    middle, least, most = (f"{figure:.{digits}f}" for figure in (median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least}–{most})"


def _share(ratio: float) -> str:
    return f"{ratio:.1f} ×" if ratio >= 1 else f"1/{1 / ratio:.1f}"


# Claims -----------------------------------------------------------------------------------------


def per_claim(found: Row, name: str) -> list[float]:
    """Return a contestant's processor seconds a claim, round by round; nothing where it does not count."""
    rows = [row for row in found["rows"] if row["contestant"] == name]
    return [] if any(row["wrong"] for row in rows) else [row["cpu"] / found["claims"] for row in rows]


def beside(found: Row, name: str, other: str) -> float | None:
    """Return a contestant's cost over another's: the median of the rounds' ratios, if both count."""
    mine, theirs = per_claim(found, name), per_claim(found, other)
    return median(a / b for a, b in zip(mine, theirs, strict=True)) if mine and theirs else None


def _claims(found: Row) -> list[str]:
    contestants = list(dict.fromkeys(row["contestant"] for row in found["rows"]))
    heads = ["", "CPU-s a claim", f"beside {BESIDE}", "s in all", "s to sign in", "claim ÷ latency"]
    heads += ["MiB at most", "requests", "kB served"]
    kinds = " and ".join(sorted({row["memory_kind"] for row in found["rows"]}))
    return [
        CLAIMS.format(**found),
        *_table(heads, [_contestant(found, name) for name in contestants]),
        *_rendered(found),
        *(f"- **{name}**: {about}." for name, about in ABOUT.items()),
        MEANING.format(**found, kinds=kinds),
        *_parts(found, contestants),
    ]


def _parts(found: Row, contestants: Sequence[str]) -> list[str]:
    """Return where the processor time of a claim went."""
    heads = ["CPU-ms a claim", "start and sign in", *PARTS.values()]
    lines = []
    for name in contestants:
        rows = [row for row in found["rows"] if row["contestant"] == name and not row["wrong"]]
        spent = [
            [row["cpu_signing_in"] for row in rows],
            *([row["parts"][part] for row in rows] for part in PARTS),
        ]
        if rows:
            lines.append([name, *(f"{1000 * median(one) / found['claims']:.0f}" for one in spent)])
    return [PARTS_ARE, *_table(heads, lines)]


def _contestant(found: Row, name: str) -> list[str]:
    rows = [row for row in found["rows"] if row["contestant"] == name]
    cpu = per_claim(found, name)
    if not cpu:
        return [f"{name}: **does not count**", *[""] * 8]
    ratio = beside(found, name, BESIDE)
    span = found["claims"] * found["latency_ms"] / 1000
    return [
        name,
        _figures(cpu, 3),
        _share(ratio) if ratio else "",
        _figures([row["wall"] for row in rows], 1),
        _figures([row["signing_in"] for row in rows], 1),
        _figures([row["claims_wall"] / span for row in rows], 2),
        _figures([row["memory"] / 2**20 for row in rows], 0),
        _figures([row["requests"] for row in rows], 0),
        _figures([row["bytes"] / 1000 for row in rows], 0),
    ]


def _rendered(found: Row) -> list[str]:
    ratios = {name: beside(found, RENDERED, name) for name in ("crawlee tuned", "scrapy-playwright")}
    said = [f"{_share(ratio)} of {name}" for name, ratio in ratios.items() if ratio]
    return [f"Where pages must be rendered, ours cost {' and '.join(said)}.", ""] if said else []


def _plot(found: Row, path: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    spent = {name: per_claim(found, name) for name in dict.fromkeys(r["contestant"] for r in found["rows"])}
    bars = {name: values for name, values in reversed(spent.items()) if values}
    if not bars:
        path.unlink(missing_ok=True)
        return
    middle = [median(values) for values in bars.values()]
    below = [mid - min(values) for mid, values in zip(middle, bars.values(), strict=True)]
    above = [max(values) - mid for mid, values in zip(middle, bars.values(), strict=True)]
    with mpl.rc_context({"svg.hashsalt": "performance", "font.family": "sans-serif"}):
        figure = Figure(figsize=(8, 0.5 * len(bars) + 1.2), layout="constrained")
        axes = figure.subplots()
        colours = ["#0f5c55" if name.startswith(OURS) else "#9aa5a3" for name in bars]
        axes.barh(list(bars), middle, xerr=[below, above], color=colours, ecolor="#333333", capsize=3)
        for name, figure_ in zip(bars, middle, strict=True):
            axes.annotate(f" {figure_:.3f}", (figure_, name), xytext=(4, 5), textcoords="offset points")
        axes.set_xscale("log")
        ends = floor(log10(min(middle))), ceil(log10(max(middle)))
        axes.set_xlim(10.0 ** ends[0], 10.0 ** max(ends[1], ends[0] + 1))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(f"CPU seconds a claim, signing in spread over {found['claims']} (log scale)")
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="svg", metadata={"Date": None})


# Nights -----------------------------------------------------------------------------------------


def _nights(found: Row) -> list[str]:
    heads = ["", "claims opened", "s in all", "CPU-s", "beside all changed", "requests", "kB served"]
    names = list(dict.fromkeys(row["night"] for row in found["rows"]))
    rows = {name: [row for row in found["rows"] if row["night"] == name] for name in names}
    whole = median(row["cpu"] for row in rows[names[-1]])
    lines = []
    for name, mine in rows.items():
        if any(row["wrong"] for row in mine):
            lines.append([f"{name}: **does not count**", *[""] * 6])
            continue
        cpu = [row["cpu"] for row in mine]
        lines.append(
            [
                name,
                _figures([row["answered"].get("claim", 0) for row in mine], 0),
                _figures([row["wall"] for row in mine], 1),
                _figures(cpu, 1),
                _share(median(cpu) / whole),
                _figures([row["requests"] for row in mine], 0),
                _figures([row["bytes"] / 1000 for row in mine], 0),
            ]
        )
    return [NIGHTS.format(**found), *_table(heads, lines)]


# A person waiting -------------------------------------------------------------------------------


def _asked(found: Row) -> list[str]:
    heads = ["", "times", "median s", "95 % s", "requests", "portal's own s", "over the portal's own"]
    rows = [_waiting(what, [row for row in found["rows"] if row["how"] == how]) for how, what in HOW.items()]
    return [ASKED.format(**found), *_table(heads, rows)]


def _waiting(what: str, rows: list[Row]) -> list[str]:
    if not rows or any(row["wrong"] for row in rows):
        return [f"{what}: **does not count**", *[""] * 6]
    seconds = [row["seconds"] for row in rows]
    return [
        what,
        str(len(rows)),
        _figures(seconds, 2),
        f"{quantiles(seconds, n=20, method='inclusive')[-1]:.2f}" if len(rows) > 1 else "",
        _figures([row["requests"] for row in rows], 0),
        f"{median(row['portal_seconds'] for row in rows):.2f}",
        _share(median(row["seconds"] / row["portal_seconds"] for row in rows)),
    ]


# Many accounts ----------------------------------------------------------------------------------


def _accounts(found: Row) -> list[str]:
    heads = ["accounts at once", "portals", "s in all", "CPU-s an account", "MiB an account"]
    rows = [
        [
            str(row["accounts"]) + (": **does not count**" if row["wrong"] else ""),
            str(row["portals"]),
            f"{row['wall']:.1f}",
            f"{row['cpu'] / row['accounts']:.2f}",
            f"{row['memory'] / row['accounts'] / 2**20:.0f}",
        ]
        for row in found["rows"]
    ]
    each = found["rows"][0]["claims_each"] if found["rows"] else 0
    return [ACCOUNTS.format(**found, each=each), *_table(heads, rows)]


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
