// The calendar by mouse and keyboard, the panel of the chosen day, links out of Airflow's frame.
"use strict";

(function () {
  const page = document.querySelector(".zk");
  const retry = Number(page.dataset.retry || 0);
  if (retry) setTimeout(() => location.reload(), retry * 1000);

  // The frame may not leave itself; its own document may.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-out]");
    if (!link || window.parent === window) return;
    event.preventDefault();
    const outer = window.parent.document;
    const copy = outer.createElement("a");
    Object.assign(copy, { href: link.href, target: link.target, rel: "noopener noreferrer" });
    outer.body.append(copy);
    copy.click();
    copy.remove();
  });

  const source = document.getElementById("zk-data");
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const panel = document.getElementById("day");
  const buttons = new Map();
  for (const button of document.querySelectorAll("button.zk-cell")) {
    buttons.set(`${button.dataset.job} ${button.dataset.day}`, button);
  }
  const days = data.stages[0].cells.map((cell) => cell.d);
  const jobs = data.stages.map((stage) => stage.job);
  let pinned = null;
  let shown = "";

  // A text never becomes HTML here: elements and their texts only.
  function make(tag, className, ...content) {
    const element = document.createElement(tag);
    element.className = className;
    element.append(...content.filter((part) => part !== null));
    return element;
  }

  function out(text, href, className, target) {
    const link = make("a", className, text);
    link.href = href;
    link.dataset.out = "";
    if (target) Object.assign(link, { target, rel: "noopener noreferrer" });
    return link;
  }

  function figure(name, metric, digits, unit, day) {
    const series = data.metrics[metric];
    const at = series.d.indexOf(day);
    const value = series.amount[at] ?? null;
    const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    const text = value === null ? "—" : value.toLocaleString("ru-RU", format) + unit;
    const mark = series.is_unusual[at] ? make("i", "", "необычно") : null;
    return make("div", "", make("dt", "", name), make("dd", "", text, mark));
  }

  function restatements(day) {
    const changes = data.restatements.filter((one) => one.d === day);
    if (!changes.length) return make("p", "zk-muted zk-restated", "Источники этот день не уточняли");
    const lines = changes.map((one) => {
      const [was, became] = [one.was, one.became].map((value) => value.toLocaleString("ru-RU"));
      const unit = data.rubles.includes(one.field) ? "\u00a0₽" : "";
      const source = data.sources[one.source] || one.source;
      return make(
        "li",
        "",
        make("span", "zk-muted", `${one.at} · ${source} · ${data.figures[one.field] || one.field} `),
        `${was} → `,
        make("b", "", became + unit),
      );
    });
    return make("div", "zk-restated", make("h4", "", "Что уточнили источники"), make("ul", "", ...lines));
  }

  function stageRow(stage, day, job) {
    const cell = stage.cells.find((one) => one.d === day);
    const [sign, word] = data.states[cell.state];
    const about = [word];
    if (cell.started) about.push(cell.started);
    if (cell.state === "good") about.push(`строк: ${cell.rows_written.toLocaleString("ru-RU")}`);
    if (cell.attempts > 1) about.push(`попыток: ${cell.attempts}`);
    const links = make("span", "zk-links");
    if (cell.log_url) links.append(out("журнал", cell.log_url, "", "_blank"));
    if (cell.dag_run_id && cell.dag_id) {
      const run = data.links.run
        .replace("__DAG__", encodeURIComponent(cell.dag_id))
        .replace("__RUN__", encodeURIComponent(cell.dag_run_id));
      links.append(out("запуск (Clear)", run, "", ""));
    }
    const lacks = cell.state === "red" || cell.state === "missing";
    const more = cell.error || (lacks ? data.effects[stage.job] : "");
    const mark = make("span", `zk-cell zk-${cell.state}`, sign);
    mark.setAttribute("aria-hidden", "true");
    return make(
      "li",
      stage.job === job ? "zk-current" : "",
      mark,
      make("span", "zk-name", stage.name),
      make("span", "zk-muted", about.join(" · ")),
      links,
      more ? make("span", cell.error ? "zk-error" : "zk-effect", more) : null,
    );
  }

  function show(day, job) {
    // What is under the mouse or in focus stays as it is.
    if (shown === `${job} ${day}`) return;
    shown = `${job} ${day}`;
    const date = new Date(`${day}T00:00:00`);
    const title = date.toLocaleDateString("ru-RU", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
    const form = data.links.backfill;
    let note = `В форме запуска (Trigger) укажите ${day} первым и последним днём.`;
    if (!form) note = "Пересчитать день может тот, кому разрешено запускать zakaz_backfill.";
    panel.replaceChildren(
      make(
        "div",
        "zk-facts",
        make("h3", "", title),
        make(
          "dl",
          "zk-figures",
          figure("Расход VK", "spend", 0, "\u00a0₽", day),
          figure("Выручка", "revenue", 0, "\u00a0₽", day),
          figure("На рубль VK", "roas", 2, "", day),
          figure("Строк", "rows", 0, "", day),
        ),
        form ? out("Пересчитать этот день", form, "zk-button zk-primary", "") : null,
        make("p", "zk-muted", note),
        form ? make("code", "", `bin/zakaz backfill --from ${day} --to ${day}`) : null,
      ),
      make(
        "div",
        "",
        make("ul", "zk-stages", ...data.stages.map((stage) => stageRow(stage, day, job))),
        restatements(day),
      ),
    );
    for (const head of document.querySelectorAll(".zk-calendar th[data-day]")) {
      head.classList.toggle("zk-current", head.dataset.day === day);
    }
  }

  function pin(day, job) {
    pinned = [day, job];
    for (const button of buttons.values()) {
      button.classList.toggle("zk-pinned", button.dataset.day === day);
      button.tabIndex = -1;
    }
    buttons.get(`${job} ${day}`).tabIndex = 0;
    show(day, job);
    const address = new URL(location.href);
    address.search = new URLSearchParams({ day });
    history.replaceState(null, "", address);
  }

  const calendar = document.querySelector(".zk-calendar");
  const cellOf = (event) => event.target.closest("button.zk-cell");
  calendar.addEventListener("mouseover", (event) => {
    const cell = cellOf(event);
    if (cell) show(cell.dataset.day, cell.dataset.job);
  });
  calendar.addEventListener("mouseleave", () => show(...pinned));
  calendar.addEventListener("focusin", (event) => {
    const cell = cellOf(event);
    if (cell) show(cell.dataset.day, cell.dataset.job);
  });
  calendar.addEventListener("click", (event) => {
    const cell = cellOf(event);
    if (cell) pin(cell.dataset.day, cell.dataset.job);
  });
  calendar.addEventListener("keydown", (event) => {
    const cell = cellOf(event);
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    const day = days[days.indexOf(cell.dataset.day) + step[0]];
    const job = jobs[jobs.indexOf(cell.dataset.job) + step[1]];
    const next = buttons.get(`${job} ${day}`);
    if (next) next.focus();
  });

  const first = data.opens;
  const asked = new URLSearchParams(location.search).get("job");
  pinned = [first, jobs.includes(asked) ? asked : jobs[0]];
  for (const button of buttons.values()) button.classList.toggle("zk-pinned", button.dataset.day === first);
  buttons.get(`${pinned[1]} ${first}`).tabIndex = 0;
  show(...pinned);
  // The newest days are at the right.
  const scroll = calendar.closest(".zk-scroll");
  scroll.scrollLeft = scroll.scrollWidth;

  zkCharts(data, first, (day) => pin(day, pinned[1]));
})();
