// After 18 of its 20 minutes a session is asked about.
(() => {
  const ask = () => {
    const bar = document.createElement("div");
    bar.className = "idle";
    bar.setAttribute("role", "alert");
    bar.textContent = "Are you still there? This page closes in two minutes. ";
    const stay = document.createElement("button");
    stay.type = "button";
    stay.textContent = "Keep working";
    stay.addEventListener("click", async () => {
      await fetch("/home", { credentials: "same-origin" });
      bar.remove();
      setTimeout(ask, 18 * 60 * 1000);
    });
    bar.append(stay);
    document.body.prepend(bar);
  };
  setTimeout(ask, 18 * 60 * 1000);
})();
