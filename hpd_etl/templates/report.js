"use strict";
(() => {
  const style = document.head.appendChild(document.createElement("style"));
  const chosen = { definition: document.documentElement.dataset.first, cohort: "" };

  // --- one definition, one cohort at a time ---
  const others = () => Object.entries(chosen).filter(([, value]) => value)
    .map(([name, value]) => `[data-${name}]:not([data-${name}="${CSS.escape(value)}"])`).join(",");

  const filter = () => { style.textContent = others() && `${others()} { display: none !important; }`; };

  function choose() {
    const hidden = others();
    filter();
    for (const section of document.querySelectorAll("main > section"))
      section.classList.toggle("none", [...section.querySelectorAll(".part")].every(part => hidden && part.matches(hidden)));
    for (const name of document.querySelectorAll("[data-chosen]")) name.textContent = chosen[name.dataset.chosen] || "all";
    for (const table of document.querySelectorAll("table.sorts"))
      if (!hidden || !table.closest(hidden)) sortable(table);
    tell(null);
  }

  // --- tables in another order ---
  const worth = (row, place) => {
    const text = row.cells[place].textContent.trim(), number = Number(text.replace(/[,%]/g, ""));
    return text && !Number.isNaN(number) ? number : text;
  };
  const order = (a, b) => typeof a === typeof b ? (typeof a === "number" ? a - b : a.localeCompare(b))
    : typeof a === "number" ? -1 : 1;

  function sortable(table) {
    table.classList.remove("sorts");
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        for (const body of table.tBodies) {
          const rows = [...body.rows].filter(row => !row.querySelector(".head"));
          const sign = up ? 1 : -1, place = head.cellIndex;
          body.append(...rows.sort((a, b) => sign * order(worth(a, place), worth(b, place))));
        }
      });
    }
  }

  // --- what a mark says ---
  let told = null;
  function tell(mark) {
    told?.classList.remove("on");
    told = mark;
    document.getElementById("tip").textContent = mark ? mark.getAttribute("aria-label") : "";
    if (mark) beside(mark);
  }

  function beside(mark) {
    const tip = document.getElementById("tip"), place = mark.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const left = Math.min(Math.max(4, place.left + place.width / 2 - own.width / 2), innerWidth - own.width - 4);
    const above = place.top - own.height - 6, below = Math.min(place.bottom + 6, innerHeight - own.height - 4);
    tip.style.transform = `translate(${left}px, ${above > 4 ? above : below}px)`;
  }

  const marks = svg => [...svg.querySelectorAll("[aria-label]")];
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

  function walk(event) {
    const svg = event.target.closest("svg");
    if (event.key === "Escape") tell(null);
    if (!svg || !(event.key in steps)) return;
    const all = marks(svg), next = all.indexOf(told) + steps[event.key];
    event.preventDefault();
    tell(all[Math.min(Math.max(next, 0), all.length - 1)]);
    told?.classList.add("on");
  }

  filter();  // before anything is drawn
  document.addEventListener("DOMContentLoaded", () => {
    for (const select of document.querySelectorAll(".choice select")) {
      chosen[select.name] = select.value || chosen[select.name];
      select.addEventListener("change", () => { chosen[select.name] = select.value; choose(); });
    }
    document.querySelector(".choice").hidden = false;
    for (const svg of document.querySelectorAll("svg")) if (svg.querySelector("[aria-label]")) svg.tabIndex = 0;
    document.addEventListener("pointerover", event => tell(event.target.closest?.("svg [aria-label]") ?? null));
    document.addEventListener("focusin", event => {
      tell(event.target.matches("svg:focus-visible") ? marks(event.target)[0] : null);
      told?.classList.add("on");
    });
    document.addEventListener("focusout", () => tell(null));
    document.addEventListener("keydown", walk);
    addEventListener("scroll", () => { if (told) beside(told); }, { passive: true, capture: true });
    addEventListener("beforeprint", () => { for (const each of document.querySelectorAll("details")) each.open = true; });
    addEventListener("hashchange", find);
    find();
    choose();
  });

  function find() {
    const place = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (const select of document.querySelectorAll(".choice select")) {
      const value = place && place.closest(`[data-${select.name}]`)?.dataset[select.name];
      if (value) select.value = chosen[select.name] = value;
    }
    if (place) { choose(); place.scrollIntoView(); }
  }
})();
