// The charts: a figure by day, in the band that is usual for its weekday. Defines zkCharts(data, first, onDay).
"use strict";

function zkCharts(data, first, onDay) {
  const FORMATS = {
    spend: [0, "\u00a0₽"],
    revenue: [0, "\u00a0₽"],
    roas: [2, ""],
    rows: [0, ""],
  };
  const HEIGHT = 190;

  // A canvas knows no light-dark(): an element tells what has become of it.
  function colour(name) {
    const probe = document.createElement("i");
    probe.style.color = `var(--zk-${name})`;
    document.querySelector(".zk").append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function words(metric, value) {
    if (value === null) return "—";
    const [digits, unit] = FORMATS[metric];
    const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return value.toLocaleString("ru-RU", format) + unit;
  }

  function short(value) {
    return value.toLocaleString("ru-RU", { notation: "compact", maximumFractionDigits: 1 });
  }

  function tell(output, metric, series, at) {
    const date = new Date(`${series.d[at]}T00:00:00`);
    const day = date.toLocaleDateString("ru-RU", { day: "numeric", month: "long", weekday: "short" });
    const value = document.createElement("b");
    value.textContent = words(metric, series.amount[at]);
    const note = document.createElement("span");
    const usual = series.low[at] === null
      ? "мало истории для сравнения"
      : `обычно ${words(metric, series.low[at]).replace("\u00a0₽", "")}–${words(metric, series.high[at])}`;
    note.textContent = `${day} · ${usual}`;
    output.replaceChildren(value, note);
    if (series.is_unusual[at]) {
      const mark = document.createElement("i");
      mark.textContent = "необычно";
      value.after(mark);
    }
  }

  function options(metric, series, width, tellDay) {
    const grid = { stroke: colour("line"), width: 1 };
    const axis = { stroke: colour("muted"), font: "11px system-ui, sans-serif", grid, ticks: { show: false } };
    const hidden = { stroke: "transparent", width: 0, points: { show: false } };
    return {
      width,
      height: HEIGHT,
      legend: { show: false },
      padding: [8, 8, 0, 0],
      cursor: {
        y: false,
        drag: { x: false, y: false },
        // On the line alone, not on the edges of the band.
        points: { size: (_, at) => (at === 3 ? 8 : 0), fill: colour("accent"), stroke: colour("card") },
      },
      scales: {
        x: { time: true },
        y: { range: (_, low, high) => [0, (high || 1) * 1.08] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 30,
          gap: 8,
          space: 64,
          values: (_, ticks) => ticks.map((tick) => uPlot.fmtDate("{DD}.{MM}")(new Date(tick * 1000))),
        },
        { ...axis, size: 52, space: 40, values: (_, ticks) => ticks.map(short) },
      ],
      series: [
        {},
        hidden,
        hidden,
        { stroke: colour("accent"), width: 2, points: { show: false } },
        {
          stroke: "transparent",
          points: { show: true, size: 9, width: 2, stroke: colour("red"), fill: colour("card") },
        },
      ],
      bands: [{ series: [2, 1], fill: colour("band") }],
      hooks: { setCursor: [(chart) => tellDay(chart.cursor.idx)] },
    };
  }

  function draw(figure) {
    const metric = figure.dataset.metric;
    const series = data.metrics[metric];
    const plot = figure.querySelector(".zk-plot");
    const output = figure.querySelector("output");
    const seconds = series.d.map((day) => new Date(`${day}T00:00:00`).getTime() / 1000);
    const unusual = series.amount.map((value, at) => (series.is_unusual[at] ? value : null));
    const last = series.d.length - 1;
    const opening = series.d.indexOf(first);
    const tellDay = (at) => tell(output, metric, series, at ?? opening);
    plot.replaceChildren();
    const columns = [seconds, series.low, series.high, series.amount, unusual];
    const chart = new uPlot(options(metric, series, plot.clientWidth, tellDay), columns, plot);
    tellDay();
    chart.over.addEventListener("click", () => onDay(series.d[chart.cursor.idx ?? opening]));
    new ResizeObserver(() => chart.setSize({ width: plot.clientWidth, height: HEIGHT })).observe(plot);
    figure.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) {
        event.preventDefault();
        const at = Math.min(last, Math.max(0, (chart.cursor.idx ?? last + 1) + step));
        chart.setCursor({ left: chart.valToPos(seconds[at], "x"), top: 10 });
      } else if (event.key === "Enter") {
        onDay(series.d[chart.cursor.idx ?? opening]);
      }
    };
  }

  const drawAll = () => document.querySelectorAll(".zk-chart").forEach(draw);
  drawAll();
  document.addEventListener("zk-theme", drawAll);
}
