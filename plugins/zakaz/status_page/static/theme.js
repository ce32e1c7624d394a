// Light or dark, and the colours: as Airflow has them around, else by its choice, else as the system says.
// Runs before the page is drawn.
"use strict";

(function () {
  const root = document.documentElement;

  // Airflow shows the page in a frame; its own document is the one around it.
  function outer() {
    try {
      return window.parent === window ? null : window.parent.document.documentElement;
    } catch {
      return null;
    }
  }

  function stored(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  }

  // Airflow keeps dark, light or system under theme.
  function chosen() {
    const around = outer();
    for (const theme of ["dark", "light"]) {
      if (around && around.classList.contains(theme)) return theme;
    }
    const ofAirflow = { dark: "dark", light: "light" }[stored("theme")];
    const ofSystem = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    return ofAirflow || ofSystem;
  }

  // An operator may give Airflow colours of his own ([api] theme); status.css has those that it comes with.
  function takeColours() {
    const around = outer();
    for (const name of ["bg", "bg-muted", "fg", "fg-muted", "border"]) {
      const value = around ? getComputedStyle(around).getPropertyValue(`--chakra-colors-${name}`) : "";
      root.style.setProperty(`--chakra-colors-${name}`, value);
    }
  }

  function apply() {
    if (root.dataset.zkTheme === chosen()) return;
    root.dataset.zkTheme = chosen();
    takeColours();
    document.dispatchEvent(new Event("zk-theme"));
  }

  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  const watch = new MutationObserver(apply);
  const around = outer();
  if (around) watch.observe(around, { attributes: true, attributeFilter: ["class"] });
})();
