// Tells what a document does from now on: whether it became busy, is so no more, and was refused anything.
// (element, busy selector) => {settled(patience in ms) => {begun, busy, refused}, end()}
(element, busy) => {
  const there = () => [...document.querySelectorAll(busy)].some((one) => one.checkVisibility({ visibilityProperty: true }));
  let begun = false, refused = 0, wake = () => {};
  const look = () => { begun ||= there(); wake(); };
  const changes = new MutationObserver(look);
  changes.observe(document, { subtree: true, childList: true, attributes: true });
  const count = (entries) => { refused += entries.filter((one) => [401, 419, 440].includes(one.responseStatus)).length; };
  const answers = new PerformanceObserver((list) => count(list.getEntries()));
  answers.observe({ type: "resource" });
  const state = () => { count(answers.takeRecords()); return { begun, busy: there(), refused: refused > 0 }; };
  const settled = (patience) => new Promise((resolve) => {
    const end = setTimeout(() => { wake = () => {}; resolve(state()); }, patience);
    wake = () => { if (begun && !there()) { clearTimeout(end); wake = () => {}; resolve(state()); } };
    wake();
  });
  const end = () => { changes.disconnect(); answers.disconnect(); };
  return { settled, end };
}
