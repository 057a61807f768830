// Plotly figures declared in Python (explorer/views): filled by the rule of figure.py, drawn, themed and marked.
import { store } from "./store.js";
import { pictureMenu } from "./takeaway/pictures.js";

const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  responsive: true,
  displayModeBar: "hover",
  modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d", "autoScale2d", "toggleSpikelines"],
};

/** On a phone: smaller words, and more room for the drawing. */
const NARROW = 380; // px
const SMALL = {
  "margin.l": 46,
  "legend.font.size": 10,
  "legend.itemwidth": 30,
  "xaxis.title.font.size": 11,
  "yaxis.title.font.size": 11,
  "yaxis2.title.font.size": 11,
};

/** For a room. */
const LARGE = {
  "font.size": 20,
  "hoverlabel.font.size": 20,
  "legend.font.size": 20,
  "xaxis.title.font.size": 20,
  "yaxis.title.font.size": 20,
  "legend.itemwidth": 30,
  "margin.l": 84,
  "margin.b": 64,
};

/** One declared figure in one element. */
export class Figure {
  constructor(element, declaration, templates) {
    this.element = element;
    this.declaration = declaration;
    this.templates = templates;
    this.marks = {};
    this.inSight = false;
    this.onSight = () => {}; // hears when the figure comes into sight
    this.onPoint = (_point, _isClick) => {}; // hears of hovers and clicks
    element.after(pictureMenu(element));
    new ResizeObserver(() => this.fit()).observe(element);
    new IntersectionObserver((entries) => {
      this.inSight = entries.at(-1).isIntersecting;
      if (this.inSight) this.onSight();
    }).observe(element);
  }

  /** Draw `rows` ({name: [row]}); `layout` and `edit` hold what differs from the declaration. */
  async draw(rows, layout = {}, edit = (_figure) => {}) {
    const figure = structuredClone(this.declaration);
    edit(figure);
    figure.data = filled(figure, rows);
    figure.layout.template = this.templates[store.dark ? "dark" : "light"];
    figure.layout.uirevision = store.run?.id;
    const narrow = this.element.clientWidth < NARROW ? SMALL : {};
    const words = store.presenting ? LARGE : narrow;
    for (const [path, value] of Object.entries({ ...words, ...layout })) set(figure.layout, path, value);
    await Plotly.react(this.element, figure.data, figure.layout, CONFIG);
    if (!this.wired) this.wire();
    this.fit();
  }

  wire() {
    this.wired = true;
    this.element.on("plotly_click", (event) => this.onPoint(event.points[0], true));
    this.element.on("plotly_hover", (event) => this.onPoint(event.points[0], false));
    this.element.on("plotly_relayout", () => this.placeMarks());
  }

  /** A figure that was drawn in a closed tab, or whose place has changed since, takes its place's size. */
  fit() {
    const { clientWidth: width, clientHeight: height, _fullLayout: full } = this.element;
    const differs = full && Math.max(Math.abs(full.width - width), Math.abs(full.height - height)) > 1;
    if (width && differs) Plotly.Plots.resize(this.element);
    this.placeMarks();
  }

  /** Lines across the figure at a value of an axis, moved without redrawing: {name: {axis: "x"|"y", value}}. */
  mark(marks) {
    this.marks = marks;
    this.placeMarks();
  }

  placeMarks() {
    const full = this.element._fullLayout;
    if (!full?.xaxis) return;
    for (const [name, { axis, value }] of Object.entries(this.marks)) placeMark(this.element, full, name, axis, value);
  }
}

function placeMark(element, full, name, axis, value) {
  let line = element.querySelector(`:scope > .mark-${name}`);
  if (!line) {
    line = document.createElement("div");
    line.className = `mark mark-${name}`;
    element.append(line);
  }
  const { _offset: offset, _length: length } = full[`${axis}axis`];
  const at = value === null ? -1 : full[`${axis}axis`].d2p(value);
  line.hidden = !(at >= 0 && at <= length);
  if (line.hidden) return;
  const { l, t, w, h } = full._size;
  const box = axis === "x" ? [offset + at - 1, t, 2, h] : [l, offset + at - 1, w, 2];
  ["left", "top", "width", "height"].forEach((side, i) => (line.style[side] = `${box[i]}px`));
}

/** The series of a declaration, filled from rows as in figure.py; an Error names the field that a row lacks. */
export function filled({ data, layout }, rows) {
  data.forEach((series) => fill(series, rows[series.meta.rows] ?? []));
  return layout.meta?.only_filled ? data.filter(({ y }) => y.some((value) => value !== null)) : data;
}

function fill(series, rows) {
  const { where, fields, custom } = series.meta;
  const conditions = Object.entries(where);
  const valueOf = (row, field) => {
    if (row[field] === undefined) throw new Error(`series ${series.name}: a row of ${series.meta.rows} lacks ${field}`);
    return row[field];
  };
  const chosen = rows.filter((row) => conditions.every(([field, value]) => valueOf(row, field) === value));
  for (const [path, field] of Object.entries(fields)) {
    set(series, path, column(chosen.map((row) => valueOf(row, field))));
  }
  if (custom.length) series.customdata = chosen.map((row) => custom.map((field) => safe(valueOf(row, field))));
}

function column(values) {
  if (!values.some(Array.isArray)) return values;
  const width = Math.max(...values.map((v) => v.length));
  return values.map((v) => Array.from({ length: width }, (_, i) => v[i] ?? null));
}

function set(target, path, value) {
  const keys = path.split(".");
  const last = keys.pop();
  for (const key of keys) target = target[key] ??= {};
  target[last] = value;
}

/** Text for Plotly, which reads a little HTML in its labels. */
export const safe = (text) =>
  typeof text === "string" ? text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;") : text;
