// Returns the paths of the controls that a label names: those tied to it (for, around, aria-labelledby,
// aria-label), else the first one that follows it, unless another label stands between or names it.
// A control that is kept for scripts alone stands for the visible one beside it.
(root, wanted) => {
  const fold = (text) => text.replace(/\*/g, " ").replace(/\s+/g, " ").trim().replace(/[:：\s]+$/, "").toLowerCase();
  const CONTROL = "input:not([type=hidden], [type=submit], [type=button]), select, textarea, [role=combobox], "
    + "[role=spinbutton], button[aria-haspopup=listbox]";
  const top = root.body ?? root;
  const follows = (one, other) => Boolean(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
  // A list for scripts alone is often transparent; an empty date field's sections are so, too, until they are used.
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: one.tagName === "SELECT" });
  const forPeople = (one) => shown(one) && !one.closest("[aria-hidden=true]");
  const whole = (one) =>
    one.getAttribute("role") === "spinbutton" ? one.closest("[role=group]") ?? one.parentElement : one;
  const within = (part) => [...new Set([...part.querySelectorAll(CONTROL)].filter(forPeople).map(whole))];
  const words = (label) => {
    const copy = label.cloneNode(true);
    copy.querySelectorAll(`${CONTROL}, option, [role=group]`).forEach((inner) => inner.remove());
    return fold(copy.textContent);
  };
  const told = (one) => fold((one.getAttribute("aria-labelledby") ?? "").split(/\s+/)
    .map((id) => document.getElementById(id)?.textContent ?? "").join(" "));
  const ownName = (one) => told(one) || [...(one.labels ?? [])].map(words).join(" ");

  const labels = [...top.querySelectorAll("label, legend")];
  const after = (one) => {
    for (let part = one.parentElement; part; part = part.parentElement) {
      const beside = within(part), next = beside.filter((control) => follows(one, control));
      const found = next[0] ?? (beside.length === 1 ? beside[0] : null);
      if (found) {
        const between = next.length && labels.some((label) => label !== one && follows(one, label) && follows(label, found));
        return between || ![ "", wanted ].includes(ownName(found)) ? [] : [found];
      }
      if (beside.length || part === top) return [];
    }
    return [];
  };
  const itself = (one) => (one.matches(CONTROL) && forPeople(one) ? [whole(one)] : within(one).slice(0, 1));

  const found = [];
  for (const label of labels.filter((one) => words(one) === wanted && (shown(one) || one.control))) {
    const tied = (label.htmlFor && document.getElementById(label.htmlFor)) || label.control;
    const own = tied && top.contains(tied) ? itself(tied) : [];
    found.push(...(own.length ? own : after(tied && top.contains(tied) ? tied : label)));
  }
  for (const one of top.querySelectorAll("[aria-labelledby], [aria-label]"))
    if (shown(one) && (told(one) || fold(one.getAttribute("aria-label") ?? "")) === wanted) found.push(...itself(one));
  if (!found.length)
    for (const one of top.querySelectorAll("span, div, p, td, th, dt, b, strong"))
      if (!one.children.length && shown(one) && fold(one.textContent) === wanted) found.push(...after(one));

  const path = (one) => {
    const steps = [];
    for (let at = one; at && at !== document.documentElement; at = at.parentElement)
      steps.unshift(`${at.tagName.toLowerCase()}:nth-child(${[...at.parentElement.children].indexOf(at) + 1})`);
    return `html > ${steps.join(" > ")}`;
  };
  return [...new Set(found)].map((one) => one.id ? `[id="${CSS.escape(one.id)}"]` : path(one));
}
