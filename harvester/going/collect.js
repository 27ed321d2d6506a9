// Scrolls a grid through, down and across, and keeps every cell's words by row and column. A grid counts
// its rows and columns itself (aria-rowcount, with its header; aria-colcount).
async (grid) => {
  const number = (element, name) => Number(element.getAttribute(name) || 0);
  const rows = new Map(), headers = new Map();
  const look = () => {
    for (const head of grid.querySelectorAll("[role=columnheader]")) headers.set(number(head, "aria-colindex"), head.innerText.trim());
    for (const row of grid.querySelectorAll("[role=row][aria-rowindex]")) {
      const cells = [...row.querySelectorAll("[role=cell], [role=gridcell]")];
      const at = number(row, "aria-rowindex");
      if (!cells.length) continue;
      if (!rows.has(at)) rows.set(at, new Map());
      for (const cell of cells) rows.get(at).set(number(cell, "aria-colindex"), cell.innerText.trim());
    }
  };
  const pause = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next, 0)));
  const scrolling = [grid, ...grid.querySelectorAll("*")].filter((one) =>
    /auto|scroll|hidden/.test(getComputedStyle(one).overflowY) && one.scrollHeight > one.clientHeight + 1
    || /auto|scroll|hidden/.test(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth + 1);
  const main = scrolling.sort((one, other) => other.clientHeight * other.clientWidth - one.clientHeight * one.clientWidth)[0] ?? grid;
  const to = async (top, left) => { main.scrollTo(left, top); await pause(); await pause(); look(); };
  for (let left = 0; ; left += main.clientWidth / 2) {
    for (let top = 0; ; top += main.clientHeight / 2) {
      await to(top, left);
      if (top + main.clientHeight >= main.scrollHeight - 1) break;
    }
    if (left + main.clientWidth >= main.scrollWidth - 1) break;
  }
  await to(0, 0);
  const list = (map) => [...map].sort(([one], [other]) => one - other).map(([, item]) => item);
  return {
    caption: grid.getAttribute("aria-label") || document.getElementById(grid.getAttribute("aria-labelledby") || "")?.innerText || "",
    headers: list(headers), rows: list(rows).map(list),
    stated: number(grid, "aria-rowcount"), heads: grid.querySelectorAll("[role=row]:has([role=columnheader])").length,
    across: number(grid, "aria-colcount"),
  };
}
