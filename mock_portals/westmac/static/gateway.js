// NPIs are those of the TIN that was chosen, PTANs those of the NPI; a change empties what depends on it.
for (const field of document.querySelectorAll("input[data-needs]")) {
  const needs = document.getElementById(field.dataset.needs);
  if (!needs) continue;
  const all = [...field.list.options];
  const offer = () => field.list.replaceChildren(...all.filter((option) => option.dataset.of === needs.value));
  needs.addEventListener("change", () => {
    field.value = "";
    field.dispatchEvent(new Event("change"));
    offer();
  });
  offer();
}
