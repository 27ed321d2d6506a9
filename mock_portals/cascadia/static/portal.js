// Provider Connection: date masks, printing, and the notice when a session has idled away.
"use strict";
(function () {
  const IDLE_MS = 15 * 60 * 1000;

  function mask(field) {
    field.addEventListener("blur", function () {
      const digits = field.value.replace(/\D/g, "");
      if (digits.length === 8) {
        field.value = digits.slice(0, 2) + "/" + digits.slice(2, 4) + "/" + digits.slice(4);
      }
    });
  }
  document.querySelectorAll("[data-mask=date]").forEach(mask);
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.addEventListener("click", function () { window.print(); });
  });

  if (document.querySelector(".who")) {
    window.setTimeout(function () {
      document.getElementById("session-over").classList.add("now");
    }, IDLE_MS);
  }
  const dialog = document.querySelector(".dialog button");
  if (dialog) { dialog.focus(); }
})();
