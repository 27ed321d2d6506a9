// Returns the paths of the controls that a label names, most direct way first: tied to it (for, around,
// aria-labelledby, aria-label), else the first control that follows it in the smallest part with one.
// A control that is kept for scripts alone stands for the visible one beside it.
(root, wanted) => {
  const fold = (text) => text.replace(/\*/g, " ").replace(/\s+/g, " ").trim().replace(/[:：\s]+$/, "").toLowerCase();
  const CONTROL = "input:not([type=hidden]):not([type=submit]):not([type=button]), select, textarea, [role=combobox], "
    + "[role=spinbutton], button[aria-haspopup=listbox]";
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const forPeople = (one) => shown(one) && one.getAttribute("aria-hidden") !== "true" && !one.closest("[aria-hidden=true]");
  const whole = (one) => one.getAttribute("role") === "spinbutton" ? one.closest("[role=group]") || one.parentElement : one;
  const within = (part) => [...new Set([...part.querySelectorAll(CONTROL)].filter(forPeople).map(whole))];
  const follows = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
  const near = (one) => {
    if (one.matches(CONTROL) && forPeople(one)) return [whole(one)];
    for (let part = one.parentElement; part; part = part.parentElement) {
      const beside = within(part), next = beside.filter((control) => follows(one, control));
      if (beside.length) return next.length ? next.slice(0, 1) : beside.length === 1 ? beside : [];
    }
    return [];
  };
  const top = root.body ?? root;
  const words = (one) => {
    const copy = one.cloneNode(true);
    copy.querySelectorAll("input, select, textarea, button, [role=combobox], [role=group]").forEach((inner) => inner.remove());
    return fold(copy.textContent);
  };
  const labels = [...top.querySelectorAll("label, legend")].filter((one) => words(one) === wanted && (shown(one) || one.control));
  const named = [...top.querySelectorAll("[aria-labelledby]")].filter((one) =>
    fold(one.getAttribute("aria-labelledby").split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ")) === wanted);
  const said = [...top.querySelectorAll("[aria-label]")].filter((one) => fold(one.getAttribute("aria-label")) === wanted);
  let found = [];
  for (const one of labels) {
    const tied = (one.htmlFor && document.getElementById(one.htmlFor)) || one.control;
    found.push(...(tied && top.contains(tied) ? near(tied) : after(one)));
  }
  found.push(...[...named, ...said].filter((one) => one.matches(CONTROL) || within(one).length).flatMap((one) => near(one)));
  if (!found.length) {
    const plain = [...top.querySelectorAll("span, div, p, td, th, dt, b, strong")].filter((one) =>
      !one.children.length && shown(one) && fold(one.textContent) === wanted);
    found = plain.flatMap(after);
  }
  function after(one) {
    for (let part = one.parentElement; part; part = part.parentElement) {
      const next = within(part).filter((control) => follows(one, control));
      if (next.length) return next.slice(0, 1);
      if (part === top) break;
    }
    return [];
  }
  const path = (one) => {
    const steps = [];
    for (let at = one; at && at !== document.documentElement; at = at.parentElement)
      steps.unshift(`${at.tagName.toLowerCase()}:nth-child(${[...at.parentElement.children].indexOf(at) + 1})`);
    return `html > ${steps.join(" > ")}`;
  };
  return [...new Set(found)].map((one) => one.id ? `[id="${CSS.escape(one.id)}"]` : path(one));
}
