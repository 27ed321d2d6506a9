// Turns a document into labelled fields, header-keyed tables, forms and lines of visible text.
//
// One function for three kinds of document: the live page, a document fetched inside the signed-in
// page and parsed without rendering, and kept evidence. It reads and never writes.
//
// ({html, fetch}) => {status, path, title, headings, lines, fields, tables, lists, links, forms, html}
//   fetch   {path, method, body, patience}: ask the portal for a document and read that
//   html    a string: read this document
//   neither: read the live page
//
// A value is {n, words, notes}: `n` numbers it in the returned `html` (data-n), `words` is
// its visible text with white space folded and a line break between blocks, `notes` are footnote
// marks (<sup>), which are never part of a number.
async ({ html, fetch: request }) => {
  const live = html === undefined && request === undefined;
  let doc = document, status = 200, path = location.pathname;

  if (request) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), request.patience * 1000);
    try {
      const response = await fetch(request.path, {
        method: request.method,
        body: request.body === null ? undefined : new URLSearchParams(request.body),
        credentials: "same-origin",
        cache: "no-store",
        signal: stop.signal,
      });
      status = response.status;
      path = new URL(response.url).pathname;
      if (new URL(response.url).origin !== location.origin) return { status: 0, path: "", elsewhere: true };
      if (!(response.headers.get("content-type") || "").includes("html")) return { status, path, notHtml: true };
      html = await response.text();
    } catch (problem) {
      return { status: 0, path: request.path, unanswered: true };
    } finally {
      clearTimeout(timer);
    }
  } else if (live) {
    status = performance.getEntriesByType("navigation")[0]?.responseStatus || 200;
  }
  if (!live) doc = new DOMParser().parseFromString(html, "text/html");

  // ---- what is visible -------------------------------------------------------------------------

  const NEVER = new Set(["SCRIPT", "STYLE", "LINK", "META", "NOSCRIPT", "TEMPLATE", "HEAD", "SVG", "svg",
    "DEL", "S", "STRIKE", "IMG", "PICTURE", "VIDEO", "AUDIO", "CANVAS", "IFRAME", "OBJECT"]);

  const weight = (selector) => {
    const count = (pattern) => (selector.match(pattern) || []).length;
    return count(/#[\w-]+/g) * 10000 + count(/\.[\w-]+|\[[^\]]*\]|:(?!:)[\w-]+/g) * 100 + count(/(^|[\s>+~])[a-z][\w-]*/gi);
  };

  // What is there for screen readers only, or not for the eye: without size, transparent, off the page.
  const squeezed = (style) =>
    style.opacity === "0" || style.fontSize === "0px" || style.fontSize === "0"
    || style.overflow === "hidden" && ["0px", "0"].includes(style.height)
    || style.position === "absolute" && (/^rect\(([01](px)?[, ]*)+\)/.test(style.clip) || /inset\((50|100)%/.test(style.clipPath)
      || style.width === "1px" && style.height === "1px" || parseInt(style.left) < -999 || parseInt(style.top) < -999);

  // What a style sheet writes before or after an element: a minus sign, a bracket, a colon.
  const written = (content) => content.match(/^"(.*[\w$()%.,:−-].*)"$/)?.[1] ?? "";
  const inserted = [];
  const generated = (element, where) =>
    live ? written(getComputedStyle(element, `::${where}`).content)
      : inserted.filter((one) => one.where === where && element.matches(one.selector)).at(-1)?.text ?? "";

  // A document that is not rendered has no computed style: what the site's own style sheets hide is
  // worked out from their rules, the ones of the live page and the ones written in the document.
  const displayRules = () => {
    const rules = [];
    const gather = (list) => {
      for (const rule of list) {
        if (rule.cssRules?.length && rule.conditionText !== undefined) {
          if (!(rule instanceof CSSMediaRule) || matchMedia(rule.conditionText).matches) gather(rule.cssRules);
        } else if (rule.selectorText && rule.style) {
          const { display, visibility } = rule.style;
          const squeezes = squeezed(rule.style);
          for (const selector of rule.selectorText.split(",")) {
            const pseudo = selector.match(/^(.*?)::?(before|after)\s*$/);
            const text = pseudo && written(rule.style.content);
            if (text) inserted.push({ selector: pseudo[1].trim() || "*", where: pseudo[2], text });
          }
          if (!display && !visibility && !squeezes) continue;
          const hides = display === "none" || visibility === "hidden" || visibility === "collapse" || squeezes;
          for (const selector of rule.selectorText.split(",").filter((one) => !/:(before|after)\s*$/.test(one)))
            rules.push({ selector: selector.trim(), hides, weight: weight(selector), order: rules.length });
        }
      }
    };
    for (const sheet of document.styleSheets) {
      try { gather(sheet.cssRules); } catch { /* another origin's sheet cannot be read */ }
    }
    for (const style of doc.querySelectorAll("style")) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(style.textContent);
      gather(sheet.cssRules);
    }
    return rules;
  };

  const hiddenByRule = new Set();
  if (request) {
    const strongest = new Map();
    const rules = displayRules();
    const hiding = rules.filter((rule) => rule.hides);
    for (const rule of hiding) {
      let found = [];
      try { found = doc.querySelectorAll(rule.selector); } catch { continue; }
      for (const element of found) {
        const known = strongest.get(element);
        if (!known || rule.weight > known.weight || (rule.weight === known.weight && rule.order > known.order))
          strongest.set(element, rule);
      }
    }
    for (const [element, rule] of strongest) {
      const shown = rules.some((other) => {
        if (other.hides || other.weight < rule.weight || (other.weight === rule.weight && other.order < rule.order))
          return false;
        try { return element.matches(other.selector); } catch { return false; }
      });
      if (!shown) hiddenByRule.add(element);
    }
  }

  const looked = new Map();
  const visible = (element) => {
    if (!looked.has(element)) looked.set(element, look(element));
    return looked.get(element);
  };
  const look = (element) => {
    if (NEVER.has(element.tagName)) return false;
    if (live) {
      const style = getComputedStyle(element);
      return (element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || style.display === "contents") && !squeezed(style);
    }
    if (element.hidden || element.type === "hidden" || hiddenByRule.has(element)) return false;
    if (element.tagName === "DIALOG" && !element.open) return false;
    if (element.parentElement?.tagName === "DETAILS" && !element.parentElement.open && element.tagName !== "SUMMARY") return false;
    const { display, visibility } = element.style || {};
    return display !== "none" && visibility !== "hidden" && visibility !== "collapse" && !squeezed(element.style || {});
  };

  // ---- words -----------------------------------------------------------------------------------

  const INLINE = new Set(["A", "ABBR", "B", "BDI", "BDO", "BIG", "BR", "CITE", "CODE", "DATA", "DFN", "EM", "FONT", "I",
    "INS", "KBD", "LABEL", "MARK", "Q", "S", "SAMP", "SMALL", "SPAN", "STRONG", "SUB", "SUP", "TIME", "TT", "U", "VAR", "WBR"]);
  const CONTROL = new Set(["INPUT", "SELECT", "TEXTAREA", "BUTTON"]);

  const controlWords = (control) => {
    if (control.tagName === "SELECT") return [...control.selectedOptions].map((option) => option.text).join(" ");
    if (control.tagName === "INPUT" && ["password", "hidden", "submit", "button", "image", "file", "checkbox", "radio"].includes(control.type)) return "";
    if (control.tagName === "BUTTON") return "";
    return control.value;
  };

  const fold = (text) => text.replace(/[^\S\n]+/g, " ").replace(/ ?\n[\s]*/g, "\n").trim();

  const words = (node, notes = [], controls = true) => {
    let text = "";
    const walk = (parent) => {
      text += generated(parent, "before");
      for (const child of parent.childNodes) {
        if (parent.tagName === "DETAILS" && !parent.open && child.tagName !== "SUMMARY") continue;
        if (child.nodeType === Node.TEXT_NODE) text += child.data.replace(/\s+/g, " ");
        else if (child.nodeType !== Node.ELEMENT_NODE || !visible(child)) continue;
        else if (child.tagName === "BR") text += "\n";
        else if (child.tagName === "SUP") notes.push(fold(child.textContent));
        else if (CONTROL.has(child.tagName)) text += controls ? ` ${controlWords(child)} ` : " ";
        else if (INLINE.has(child.tagName)) {
          // A small digit behind a digit is a footnote or cents, and no part of the number.
          if (["SMALL", "SUB"].includes(child.tagName) && /\d$/.test(text)) text += "\n";
          walk(child);
        } else { text += "\n"; walk(child); text += "\n"; }
      }
      text += generated(parent, "after");
    };
    if (CONTROL.has(node.tagName)) text = controlWords(node);
    else walk(node);
    return fold(text);
  };

  // ---- values ----------------------------------------------------------------------------------

  const numbered = new Map();
  const value = (element) => {
    const notes = [];
    const text = words(element, notes);
    if (!numbered.has(element)) numbered.set(element, numbered.size + 1);
    return { n: numbered.get(element), words: text, notes };
  };

  const fields = [], tables = [], lists = [], links = [], forms = [], lines = [];

  // ---- sections: the headings above a place, outermost first -------------------------------------

  const stack = [];
  const headings = [];
  const here = () => ({ section: stack.map((heading) => heading.words), under: stack.map((heading) => heading.number) });
  const HEADING = /^H[1-6]$/;
  const isHeading = (element) =>
    HEADING.test(element.tagName) || ["LEGEND", "SUMMARY"].includes(element.tagName) || element.getAttribute("role") === "heading";
  const level = (element) =>
    HEADING.test(element.tagName) ? Number(element.tagName[1])
      : element.getAttribute("role") === "heading" ? Number(element.getAttribute("aria-level") || 2)
        : 7;
  const firstText = (element) => {
    for (const child of element.childNodes) {
      if (child.nodeType === Node.TEXT_NODE && child.data.trim()) return child;
      if (child.nodeType === Node.ELEMENT_NODE && visible(child)) {
        if (isHeading(child)) return child;
        const found = firstText(child);
        if (found) return found;
      }
    }
    return null;
  };
  const SCOPES = new Set(["SECTION", "ARTICLE", "ASIDE", "FIELDSET", "DETAILS", "MAIN", "DIALOG", "BODY"]);
  const scope = (heading) => {
    let place = heading.parentElement;
    while (place && !SCOPES.has(place.tagName) && place.parentElement && firstText(place.parentElement) === heading)
      place = place.parentElement;
    return place;
  };
  const enterHeading = (heading) => {
    const own = level(heading);
    while (stack.length && stack.at(-1).level >= own) stack.pop();
    const said = words(heading).replace(/\n/g, " ");
    stack.push({ level: own, number: headings.push(said), words: said, scope: scope(heading) });
  };
  const leave = (element) => {
    for (let at = stack.length - 1; at >= 0; at--) if (stack[at].scope === element) stack.length = at;
  };

  // ---- tables ----------------------------------------------------------------------------------

  const role = (element, name) => element.getAttribute("role") === name;
  const cellsOf = (row) => [...row.children].filter((cell) =>
    visible(cell) && (["TD", "TH"].includes(cell.tagName) || ["cell", "gridcell", "columnheader", "rowheader"].includes(cell.getAttribute("role"))));
  const isHead = (cell) => cell.tagName === "TH" || role(cell, "columnheader") || role(cell, "rowheader");
  const rowsOf = (table) =>
    [...table.querySelectorAll("tr, [role=row]")].filter((row) => row.closest("table, [role=table], [role=grid]") === table && visible(row)
      && !hiddenAbove(row, table));
  const hiddenAbove = (element, limit) => {
    for (let place = element.parentElement; place && place !== limit; place = place.parentElement) if (!visible(place)) return true;
    return false;
  };

  const readTable = (table) => {
    const rows = rowsOf(table).map((row) => ({ row, cells: cellsOf(row) })).filter(({ cells }) => cells.length);
    const caption = table.caption && visible(table.caption) ? words(table.caption).replace(/\n/g, " ")
      : table.getAttribute("aria-label")
      || (table.getAttribute("aria-labelledby") ? words(doc.getElementById(table.getAttribute("aria-labelledby")) || table.ownerDocument.createElement("i")) : "");
    const place = here();
    if (caption && place.section.at(-1) !== caption) place.section.push(caption);

    // No row of headers: every row is a label and its value, once or twice side by side.
    const headRows = [];
    for (const { row, cells } of rows) {
      if (row.closest("thead") || cells.every(isHead)) headRows.push(cells);
      else break;
    }
    if (!headRows.length) {
      for (const { cells } of rows) {
        for (let at = 0; at < cells.length; at++) {
          const label = isHead(cells[at]) || labelled(cells[at]) || cells.length === 2 && at === 0;
          if (label && at + 1 < cells.length && !isHead(cells[at + 1]))
            fields.push({ ...place, label: words(cells[at]), value: value(cells[++at]) });
        }
      }
      return;
    }

    // A header may stand over several columns or be split over several rows.
    const grid = headRows.map(() => []);
    headRows.forEach((cells, at) => {
      let column = 0;
      for (const cell of cells) {
        while (grid[at][column] !== undefined) column++;
        for (let down = 0; down < (cell.rowSpan || 1) && at + down < grid.length; down++)
          for (let right = 0; right < (cell.colSpan || 1); right++) grid[at + down][column + right] = words(cell).replace(/\n/g, " ");
        column += cell.colSpan || 1;
      }
    });
    const width = Math.max(...grid.map((row) => row.length));
    const headers = Array.from({ length: width }, (_, column) =>
      [...new Set(grid.map((row) => row[column]).filter(Boolean))].join(" › "));

    const body = [], foot = [], spans = [];
    const carried = [];
    for (const { row, cells } of rows.slice(headRows.length)) {
      const reaches = cells.reduce((sum, cell) => sum + (cell.colSpan || 1), 0);
      if (cells.length === 1 && width > 1 && reaches >= width) {
        spans.push(words(cells[0]));
        // What is expanded under a row stands under that row's number.
        if (body.length) stack.push({ level: 9, number: headings.push(String(body.length)), words: String(body.length), scope: cells[0] });
        walk(cells[0]);
        leave(cells[0]);
        continue;
      }
      const values = [];
      let column = 0;
      for (const cell of cells) {
        while (carried[column]?.left) { carried[column].left--; values[column] = carried[column].value; column++; }
        const read = value(cell);
        // A value over two columns is neither's: the row is then shorter than the headers.
        values[column] = read;
        if (cell.rowSpan > 1) carried[column] = { left: cell.rowSpan - 1, value: read };
        column++;
      }
      while (carried[column]?.left) { carried[column].left--; values[column] = carried[column].value; column++; }
      const isTotal = /^(grand |sub)?totals?:?$/i.test(cells.map((cell) => words(cell)).find(Boolean) || "");
      (row.closest("tfoot") || isTotal ? foot : body).push(values);
    }
    tables.push({ ...place, headers, rows: body, foot, spans });
    for (const { cells } of rows) for (const cell of cells) lines.push(...words(cell).split("\n").filter(Boolean));
  };

  // ---- forms -----------------------------------------------------------------------------------

  const labelOf = (control) => {
    const named = control.getAttribute("aria-labelledby");
    const from = named ? named.split(/\s+/).map((id) => doc.getElementById(id)).filter(Boolean).map((e) => words(e)).join(" ") : "";
    const own = control.id ? [...doc.querySelectorAll("label")].find((label) => label.htmlFor === control.id) : null;
    const around = control.closest("label");
    const said = own || around;
    return from || (said && words(said, [], false)) || control.getAttribute("aria-label") || "";
  };

  const readForm = (form) => {
    const controls = [], buttons = [];
    for (const control of form.elements) {
      if (control.disabled || control.tagName === "FIELDSET" || control.tagName === "OUTPUT") continue;
      const kind = control.tagName === "BUTTON" ? control.type : control.tagName === "SELECT" ? "select" : control.type || "text";
      if (["submit", "image", "button", "reset"].includes(kind)) {
        if (visible(control)) buttons.push({ words: control.tagName === "BUTTON" ? words(control) || fold(control.textContent) : control.value, kind, name: control.name, value: control.value });
        continue;
      }
      controls.push({
        label: kind === "hidden" ? "" : labelOf(control),
        group: kind === "radio" && control.closest("fieldset")?.querySelector("legend") ? words(control.closest("fieldset").querySelector("legend")) : "",
        name: control.name,
        kind,
        value: control.value,
        checked: Boolean(control.checked),
        options: kind === "select" ? [...control.options].map((option) => ({ words: fold(option.text), value: option.value })) : [],
      });
    }
    forms.push({
      ...here(),
      label: form.getAttribute("aria-label") || "",
      path: form.getAttribute("action") || path,
      method: (form.getAttribute("method") || "get").toUpperCase(),
      controls,
      buttons,
    });
  };

  // ---- fields outside tables ---------------------------------------------------------------------

  const labelled = (element) =>
    ["LABEL", "B", "STRONG", "DT", "TH"].includes(element.tagName)
    || /(^|[-_ ])(label|lbl|term|key|caption|field-?name)([-_ ]|$)/i.test(element.className?.baseVal ?? element.className ?? "");
  const simple = (element) =>
    ![...element.querySelectorAll("*")].some((inner) => visible(inner) && (isHeading(inner) || ["TABLE", "DL", "UL", "OL", "FORM"].includes(inner.tagName)
      || (CONTROL.has(inner.tagName) && inner.tagName !== "BUTTON" && !inner.readOnly)));

  // <span class="label">Plan</span> <span>Gold</span>, once or several times in a row, or
  // <b>Plan:</b> Gold
  const pair = (element) => {
    const parts = [...element.childNodes].filter((node) =>
      node.nodeType === Node.ELEMENT_NODE ? visible(node) && node.tagName !== "BR" : node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!parts.length || parts[0].nodeType !== Node.ELEMENT_NODE) return false;
    const label = words(parts[0]);
    if (!label || label.includes("\n") || label.length > 60) return false;
    const colon = /[:：]$/.test(label);
    if (!colon && !labelled(parts[0]) || !simple(element)) return false;
    if (parts.length === 1 && !(colon && labelled(parts[0]))) return false;
    const isElement = (part) => part?.nodeType === Node.ELEMENT_NODE;
    if (isElement(parts[1]) && parts.every(isElement) && (parts.length === 2 || labelled(parts[0]))) {
      for (let at = 0; at + 1 < parts.length; at++)
        if (isElement(parts[at]) && (at === 0 || labelled(parts[at])) && isElement(parts[at + 1]) && !labelled(parts[at + 1]))
          fields.push({ ...here(), label: words(parts[at]), value: value(parts[++at]) });
    } else if (colon) {
      fields.push({ ...here(), label, value: { ...value(element), words: words(element).slice(label.length).trim() } });
    } else {
      return false;
    }
    return true;
  };

  const sentence = (element) => {
    const match = words(element).match(/^([A-Za-z][^:：\n]{0,39})[:：]\s+([\s\S]+)$/);
    if (match) fields.push({ ...here(), label: match[1], value: { ...value(element), words: match[2] } });
  };

  // ---- the walk ----------------------------------------------------------------------------------

  const ownText = (element) =>
    fold([...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join(" "));

  const walk = (element) => {
    for (const child of element.children) {
      if (!visible(child)) continue;
      if (isHeading(child)) {
        enterHeading(child);
        lines.push(words(child).replace(/\n/g, " "));
      } else if (child.tagName === "TABLE" || role(child, "table") || role(child, "grid")) {
        if (child.querySelector("table")) walk(child);
        else readTable(child);
      } else if (child.tagName === "DL") {
        readList(child);
      } else if (CONTROL.has(child.tagName)) {
        if (child.readOnly && labelOf(child)) fields.push({ ...here(), label: labelOf(child), value: value(child) });
      } else if ([...child.children].every((inner) => (INLINE.has(inner.tagName) && simple(inner)) || !visible(inner))) {
        const spoken = words(child);
        if (spoken) {
          if (!pair(child)) sentence(child);
          lines.push(...spoken.split("\n"));
        }
      } else if (pair(child)) {
        lines.push(words(child).replace(/\n/g, " "));
      } else {
        if (child.tagName === "FORM") readForm(child);
        if (["UL", "OL"].includes(child.tagName) && !child.closest("nav, [role=navigation]")) readItems(child);
        if (ownText(child)) lines.push(ownText(child));
        walk(child);
      }
      leave(child);
    }
  };

  const readItems = (list) => {
    const items = [...list.children].filter((item) => item.tagName === "LI" && visible(item) && simple(item));
    lists.push({ ...here(), items: items.map(value) });
  };

  const readList = (list) => {
    const parts = [...list.querySelectorAll("dt, dd")].filter((part) => part.closest("dl") === list && visible(part) && !hiddenAbove(part, list));
    let label = null;
    for (const part of parts) {
      if (part.tagName === "DT") label = words(part).replace(/\n/g, " ");
      else if (label !== null && simple(part)) fields.push({ ...here(), label, value: value(part) });
      else walk(part);
      if (part.tagName === "DD") lines.push(`${label ?? ""} ${words(part)}`.trim().replace(/\n/g, " "));
    }
  };

  const body = doc.body;
  if (body) walk(body);
  for (const link of doc.querySelectorAll("a[href]"))
    if (visible(link) && !hiddenAbove(link, body)) links.push({ words: words(link), path: link.getAttribute("href") });

  // ---- evidence: what was visible, without scripts, secrets, tokens and outside addresses ---------

  const KEPT = ["colspan", "rowspan", "scope", "role", "aria-label", "aria-level", "for", "id", "class", "open", "readonly", "type", "start"];
  const VOID = new Set(["BR", "HR", "INPUT", "COL", "WBR"]);
  const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
  const kept = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return escape(node.data.replace(/\s+/g, " "));
    if (node.nodeType !== Node.ELEMENT_NODE || !visible(node)) return "";
    const tag = node.tagName.toLowerCase();
    if (!/^[a-z][a-z0-9-]*$/.test(tag)) return "";
    let head = `<${tag}`;
    for (const name of KEPT) if (node.hasAttribute(name)) head += ` ${name}="${escape(node.getAttribute(name))}"`;
    const to = tag === "a" ? node.getAttribute("href") || "" : "";
    if (to && !/^([a-z][\w+.-]*:|\/\/)/i.test(to)) head += ` href="${escape(to)}"`;
    if (tag === "input" && node.type !== "password") head += ` value="${escape(node.value)}"`;
    if (numbered.has(node)) head += ` data-n="${numbered.get(node)}"`;
    if (VOID.has(node.tagName)) return `${head}>`;
    if (tag === "select") return `${head}><option selected>${escape(controlWords(node))}</option></select>`;
    const inside = [...node.childNodes].map(kept).join("");
    return `${head}>${escape(generated(node, "before"))}${inside}${escape(generated(node, "after"))}</${tag}>`;
  };

  const wantsPassword = [...doc.querySelectorAll("input[type=password]")].some((input) => visible(input) && !hiddenAbove(input, body));
  return {
    status, path, title: fold(doc.title), headings, lines, fields, tables, lists, links, forms, wantsPassword,
    html: body && !wantsPassword ? `<!doctype html><title>${escape(fold(doc.title))}</title>${kept(body)}` : "",
  };
}
