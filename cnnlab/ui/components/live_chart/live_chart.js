const loadPlotly = () => {
  window.cnnlabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("plotly/plotly.min.js", document.baseURI.split("?")[0].replace(/[^/]*$/, "")).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { window.cnnlabPlotly = undefined; reject(new Error(script.src)); };
    document.head.append(script);
  });
  return window.cnnlabPlotly;
};

// For each chart: its figure, how large it is, and whether it is zoomed.
const charts = new WeakMap();

const NARROW = 480;  // pixels, below which a chart has another arrangement, if there is one

const PAPER = 660;  // pixels: the width of a printed page, within a card

const fitting = (node, data) => (data.narrow && node.offsetWidth < NARROW ? data.narrow : data.figure);

// The stylesheet of the projector mode enlarges what a figure has in pixels.
const scaleOf = (node) => Number(getComputedStyle(node).getPropertyValue("--chart-scale")) || 1;

const PIXELS = /\.(size|standoff)$|^layout\.height$|^layout\.margin\.[lrtb]$|\.line\.width$/;

const enlarged = (value, scale, path) => {
  if (typeof value === "number") return PIXELS.test(path) ? scale * value : value;
  if (Array.isArray(value)) {
    return value.map((part) => (part && typeof part === "object" ? enlarged(part, scale, path) : part));
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, enlarged(part, scale, `${path}.${name}`)]));
};

const draw = (plotly, node) => {
  const fits = fitting(node, latest.get(node)), scale = scaleOf(node);
  const figure = scale === 1
    ? fits
    : { data: enlarged(fits.data, scale, "data"), layout: enlarged(fits.layout, scale, "layout") };
  node.style.height = `${figure.layout.height}px`;
  update(plotly, node, figure);
  Object.assign(charts.get(node), { fits, scale });
};

const begin = (plotly, node) => {
  const chart = { figure: null, zoomed: false };
  charts.set(node, chart);
  node.on("plotly_relayout", (change) => {
    chart.zoomed ||= Object.keys(change).some((name) => name.includes("axis.range"));
  });
  node.on("plotly_doubleclick", () => { chart.zoomed = false; update(plotly, node, chart.figure); });
  chart.observer = new ResizeObserver(() => {
    if (!node.offsetWidth) return;
    if (fitting(node, latest.get(node)) === chart.fits && scaleOf(node) === chart.scale) plotly.Plots.resize(node);
    else draw(plotly, node);
  });
  chart.observer.observe(node);
  // No observer is called while a page is printed.
  chart.toPaper = () => plotly.relayout(node, { width: Math.min(node.offsetWidth, PAPER) });
  chart.toScreen = () => plotly.relayout(node, { width: null, autosize: true });
  window.addEventListener("beforeprint", chart.toPaper);
  window.addEventListener("afterprint", chart.toScreen);
  return chart;
};

// Plotly itself forgets the zoom when new data bring new ranges; it remembers the hidden curves.
const update = (plotly, node, figure) => {
  const chart = charts.get(node);
  const layout = { ...figure.layout };
  if (chart?.figure && chart.figure.layout.uirevision !== layout.uirevision) chart.zoomed = false;
  if (chart?.zoomed) {
    for (const axis of ["xaxis", "yaxis"]) {
      layout[axis] = { ...layout[axis], range: [...node._fullLayout[axis].range], autorange: false };
    }
  }
  plotly.react(node, figure.data, layout, { displaylogo: false, displayModeBar: false, doubleClick: false });
  (chart ?? begin(plotly, node)).figure = figure;
};

// Programs that open the file lack the page's font: the text is laid out with one that they have.
const FILE_FONT = "Arial, Helvetica, sans-serif";

// Plotly reads some HTML in a title.
const asText = (words) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

// A file shows the chart as the page does, with its title and background.
const save = (node, data, format) => loadPlotly().then((plotly) => {
  const { layout, data: traces } = charts.get(node).figure;
  const room = 56;
  const height = layout.height + room;
  const title = { text: asText(data.title), x: 0.02, xanchor: "left", y: 1 - 26 / height, font: { size: 22 } };
  // The title stands above the legend, however many lines that has.
  const margin = { ...layout.margin, t: node._fullLayout._size.t + room };
  const ground = { paper_bgcolor: data.ground, plot_bgcolor: data.ground };
  const width = node.offsetWidth;
  const font = { ...layout.font, family: FILE_FONT };
  const figure = { data: traces, layout: { ...layout, ...ground, title, font, margin, width, height } };
  return plotly.downloadImage(figure, { format, filename: data.file, width, height, scale: format === "png" ? 2 : 1 });
});

const offer = (place, node, data) => {
  if (place.childElementCount || !data.title) return;
  for (const format of ["svg", "png"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `⤓ ${format.toUpperCase()}`;
    button.setAttribute("aria-label", `Save as ${format.toUpperCase()}: ${data.title}`);
    place.append(button);
  }
  place.onclick = (event) => {
    const format = event.target.closest("button")?.textContent.slice(2).toLowerCase();
    if (format) save(node, latest.get(node), format);
  };
};

const latest = new WeakMap();

export default function ({ data: given, parentElement }) {
  const data = given instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(given)) : given;
  const node = parentElement.querySelector(".live-chart");
  latest.set(node, data);
  offer(parentElement.querySelector(".save-chart"), node, data);
  if (!data.figure) { loadPlotly().catch(() => {}); return; }
  const describe = () => {
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", data.alt);
  };
  node.setAttribute("tabindex", "0");
  node.style.height = `${scaleOf(node) * fitting(node, data).layout.height}px`;
  loadPlotly().then(
    (plotly) => {
      if (!node.isConnected) return;
      node.querySelector(".message")?.remove();
      draw(plotly, node);
      // Last, so that the description never precedes the drawing.
      describe();
    },
    () => {
      describe();
      const message = document.createElement("p");
      message.className = "message";
      message.textContent = `The chart cannot be drawn, because plotly did not load. ${data.alt}`;
      node.replaceChildren(message);
    },
  );
  return () => {
    const chart = charts.get(node);
    chart?.observer.disconnect();
    window.removeEventListener("beforeprint", chart?.toPaper);
    window.removeEventListener("afterprint", chart?.toScreen);
    charts.delete(node);
    window.Plotly?.purge(node);
  };
}
