// The four figures of the page beside each other: which rows each one gets, and how marks and clicks join them.
import { Figure, safe } from "../figures.js";
import { colour, element, number } from "../format.js";
import { incrementsOf } from "./decision.js";
import { store, update, currentMoment, frozenAfter, plannedDraws, shownMoments, judgedSteps, selectedMoment } from "../store.js";
import { measureRows, pivotalPositions, positionRows, shownMeasure } from "./pivots.js";
import { wouldTurn } from "./whatif.js";

const REDRAW_EVERY = 160; // ms while playing; a figure at rest is redrawn at once
const HALF_A_DRAW = 0.5; // a block's extension stands as far after the step before it (kinds.py)
const OUT_OF_SIGHT = 400; // ms that a figure waits for those in sight; while playing it waits for the end

/** A live figure: redrawn when its `key` changes, marked on every change. */
class Plot {
  constructor(figure, { key, content, marks, onPoint }) {
    this.figure = figure;
    this.key = key;
    this.content = content;
    this.marks = marks;
    this.last = null;
    this.drawnAt = 0;
    figure.onPoint = onPoint;
    figure.onSight = () => store.run && this.refresh();
  }

  refresh() {
    const key = JSON.stringify([store.run?.id, store.dark, store.presenting, ...this.key()]);
    if (key !== this.last) this.soon(key);
    else this.figure.mark(this.marks());
  }

  soon(key) {
    clearTimeout(this.timer);
    const wait = this.wait();
    const draw = () => {
      this.last = key;
      this.drawnAt = performance.now();
      const { rows = {}, layout, edit } = this.content();
      for (const { meta } of this.figure.declaration.data) rows[meta.rows] ??= ROWS[meta.rows]();
      this.figure.marks = this.marks();
      this.figure.draw(rows, layout, edit);
    };
    if (wait === 0) draw();
    else if (wait !== Infinity) this.timer = setTimeout(draw, wait);
  }

  wait() {
    if (!this.figure.inSight) return store.playing ? Infinity : OUT_OF_SIGHT;
    return store.playing ? Math.max(0, this.drawnAt + REDRAW_EVERY - performance.now()) : 0;
  }
}

/** Every figure of the page, in its place in the HTML or in a card of its own at the end. */
export function plots(root, { figures, templates }) {
  const own = Object.entries(figures).filter(([, { page }]) => page === "explore");
  return own.map(([name, declaration]) => {
    const place = root.querySelector(`[data-part="${name}"]`) ?? card(root.querySelector(".column.wide"), name, declaration);
    return new Plot(new Figure(place, declaration, templates), { ...PLAIN, ...INTERACTIVE[name] });
  });
}

function card(column, name, { title, caption }) {
  const place = element("div", { class: "figure", "data-part": name });
  const header = element("header", {}, element("h2", {}, title), element("span", { class: "caption" }, caption));
  column.append(element("section", { class: "card" }, header, place));
  return place;
}

/** The lists of rows that a figure may draw, by name (run_rows.py makes the same of a whole run). */
const ROWS = {
  moments: () => shownMoments().map((m) => (m.index === store.head && store.phase === "proposed" ? { ...m, ...standing(m) } : m)),
  steps: judgedSteps,
  replay: replayRows,
  samples: () => store.samples,
  positions: () => positionRows(currentMoment()),
  increments: () => incrementsOf(selectedMoment()),
  entropy: () => measureRows("entropy"),
  power_gain: () => measureRows("power_gain"),
  success_delta: () => measureRows("success_delta"),
};

/** A figure of which nothing is said below: its rows alone, redrawn whenever any of them may have changed. */
const PLAIN = {
  key: () => {
    const { head, selected, phase, samples, whatIfAlpha, replays, target } = store;
    return [head, selected, phase, samples.length, whatIfAlpha, replays, shownMeasure(), target?.pivots];
  },
  content: () => ({}),
  marks: () => ({}),
  onPoint: () => {},
};

const lastDraw = () => (store.ended && store.moments.at(-1)?.x) ?? plannedDraws();
const width = () => Math.max(1, ...store.moments.map((m) => Math.max(m.length, m.cut + m.written.tokens.length)));
const drawMark = (axis) => ({ draw: { axis, value: selectedMoment()?.x ?? null } });
const positionMark = () => ({ position: { axis: "x", value: store.position } });

const logLikelihood = {
  key: () => {
    const { head, phase, samples, whatIfAlpha, replays, unit, ended } = store;
    return [head, phase, samples.length, whatIfAlpha, replays, unit, Boolean(ended)];
  },
  content: () => ({
    rows: {
      moments: ROWS.moments().map(inUnit),
      steps: judgedSteps().map((m) => inUnit({ ...m, ...wouldTurn(m) })),
      samples: store.samples.map(inUnit),
    },
    layout: {
      "xaxis.range": [0, lastDraw() + 0.6],
      "yaxis.title.text": store.presenting ? "log p (nats)" : UNITS[store.unit],
      shapes: blockBands("x"),
      annotations: store.presenting ? [] : blockNames(),
    },
  }),
  marks: () => drawMark("x"),
  onPoint: (point, isClick) => isClick && point.data.meta.rows !== "samples" && selectDraw(point.x),
};

/** The replay at the slider's alpha, as far as its draws are revealed in the run on screen. */
function replayRows() {
  const row = store.replays[store.whatIfAlpha];
  if (!row || store.unit !== "total") return [];
  const last = shownMoments().at(-1)?.x ?? 0;
  return row.line.filter(({ x }) => x <= last);
}

const UNITS = { total: "log p of the completion (nats)", token: "log p a token (nats)" };

/** Heights as totals, or divided by the number of tokens of the completion that each one is of. */
function inUnit(row) {
  if (store.unit === "total") return row;
  const scaled = { ...row, total_log_p: row.total_log_p / row.length };
  if (row.kind !== "step") return scaled;
  const before = store.moments[row.index - 1];
  const proposed = row.log_p_proposed / (row.cut + row.reach);
  const drop = proposed - row.log_p_before / before.length;
  return { ...scaled, log_p_proposed: proposed, up: Math.max(0, -drop), down: Math.max(0, drop) };
}

/** A grid of draws by positions: newest at the bottom, with a line at what is selected and at what is pointed at. */
const GRID = {
  key: () => [store.head, store.phase],
  layout: () => ({
    "xaxis.range": [-0.8, width() - 0.4],
    "yaxis.range": [lastDraw() + 0.7, 0],
    "yaxis.autorange": false,
  }),
  marks: () => ({ ...drawMark("y"), ...positionMark() }),
  onPoint: (point, isClick) => {
    if (isClick) selectDraw(point.y);
    update({ position: point.x });
  },
};

const blockHistory = {
  ...GRID,
  key: () => [store.head, store.phase, store.colouring],
  content: () => {
    const moments = ROWS.moments();
    const fates = fatesOf(moments);
    return {
      rows: {
        moments: moments.map((m, i) => ({ ...m, cell_texts: m.tokens.map((_, p) => cellText(m, p, fates[i][p])) })),
        positions: positionRows(moments.at(-1)),
      },
      layout: { ...GRID.layout(), shapes: frozenAreas(moments), annotations: locks(moments) },
      edit: colourCells,
    };
  },
};

/** Before its verdict a proposal has changed nothing: the row shows the text that stands. */
const standing = (moment) => ({ ...store.moments[moment.index - 1], index: moment.index, x: moment.x });

function colourCells(figure) {
  const { title, ...scale } = figure.layout.meta.colourings[store.colouring];
  const cells = figure.data[0];
  delete cells.zmin; // a colouring fixes one end of its scale at most
  Object.assign(cells, scale);
  cells.colorbar.title.text = title;
  cells.meta.fields.z = store.colouring;
}

/** For every shown cell, when its token was changed later, null if it was not. */
function fatesOf(moments) {
  const fates = moments.map((m) => Array(m.length).fill(null));
  for (let i = moments.length - 2; i >= 0; i -= 1) {
    for (let p = 0; p < moments[i].length; p += 1) {
      const next = moments[i + 1];
      const changed = p >= next.length || next.age[p] === 0;
      fates[i][p] = changed ? next.when : fates[i + 1][p];
    }
  }
  return fates;
}

function cellText(moment, position, changedAt) {
  const age = moment.age[position] === 0 ? "new here" : `unchanged for ${moment.age[position]} moments`;
  const entropy = moment.entropy[position] === null ? "not known" : `${number(moment.entropy[position], 3)} nats`;
  const end = position < frozenAfter(shownMoments().at(-1)) ? "never changed again: its block is frozen" : "still standing";
  return [
    `<b>${safe(moment.tokens[position])}</b> token ${position}, ${moment.when}`,
    `${age}; ${moment.survived[position]} challenges survived`,
    `log p ${number(moment.log_p[position], 3)} nats, entropy ${entropy}`,
    `same token in ${Math.round(100 * moment.share[position])} % of the last moments`,
    changedAt === null ? end : `replaced ${changedAt}`,
  ].join("<br>");
}

const proposals = { ...GRID, content: () => ({ layout: { ...GRID.layout(), shapes: blockBands("y") } }) };

function selectDraw(x) {
  const moment = shownMoments().findLast((m) => m.x === x) ?? shownMoments().findLast((m) => m.x <= x);
  if (moment) update({ selected: moment.index, playing: false });
}

const blocks = () => {
  const spans = [];
  for (const m of shownMoments()) {
    spans[m.block] ??= { block: m.block, from: m.x, to: m.x };
    spans[m.block].to = m.x + HALF_A_DRAW;
  }
  return spans.filter(Boolean);
};

const blockBands = (axis) =>
  blocks()
    .filter(({ block }) => block % 2 === 1)
    .map(({ from, to }) => ({
      type: "rect",
      layer: "below",
      line: { width: 0 },
      fillcolor: colour("veil"),
      ...(axis === "x"
        ? { xref: "x", yref: "paper", x0: from, x1: to, y0: 0, y1: 1 }
        : { xref: "paper", yref: "y", x0: 0, x1: 1, y0: from, y1: to }),
    }));

const blockNames = () =>
  blocks().map(({ block, from }) => ({
    text: `block ${block + 1}`,
    x: from,
    xref: "x",
    y: 1,
    yref: "paper",
    xanchor: "left",
    yanchor: "bottom",
    showarrow: false,
    font: { size: 10 },
    opacity: 0.75,
  }));

/** A hatched veil over the cells that were frozen when their row was drawn. */
function frozenAreas(moments) {
  return freezes(moments).map(({ from, to, x }) => ({
    type: "rect",
    x0: from - 0.5,
    x1: to - 0.5,
    y0: x,
    y1: Math.max(x, moments.at(-1).x) + HALF_A_DRAW,
    line: { width: 2, color: colour("frame") },
    fillcolor: colour("veil-frozen"),
  }));
}

const locks = (moments) =>
  freezes(moments).map(({ from, to, x, block }) => ({
    text: `block ${block + 1} frozen`,
    x: (from + to - 1) / 2,
    y: x,
    yanchor: "top",
    showarrow: false,
    font: { size: 10 },
    bgcolor: colour("label"),
  }));

function freezes(moments) {
  const found = [];
  for (const m of moments) {
    const before = found.at(-1)?.to ?? 0;
    const frozen = frozenAfter(m);
    if (frozen > before) found.push({ from: before, to: frozen, x: m.x + HALF_A_DRAW, block: found.length });
  }
  return found;
}

/** What a figure does besides drawing its rows: what it is redrawn for, its layout, marks and clicks. */
const INTERACTIVE = {
  log_likelihood: logLikelihood,
  block_history: blockHistory,
  proposals,
  pivotal_positions: { ...pivotalPositions(width), marks: positionMark },
  waterfall: { key: () => [store.selected, store.phase] },
};
