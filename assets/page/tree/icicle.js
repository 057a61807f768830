// One icicle on a canvas: one column per position, one cell per prefix, as high as its probability.
import { colour } from "../format.js";

const FONT = "ui-monospace, 'DejaVu Sans Mono', monospace";
const BRANCHES = 6; // hues, Okabe-Ito's without the verdicts' two
const LEAST = 0.6; // px; cells below that are not drawn one by one

/**
 * Cells of the prefixes after `zoom`, for `levels` positions: [{node, isRest, x, y, width, height, branch}].
 * `shares.middle` and `shares.rest.middle` are shares among siblings (laws.js).
 */
export function cells(tree, shares, zoom, levels, width, height) {
  const found = [];
  const step = width / levels;
  const below = (node, level, y, room, branch) => {
    if (level === levels) return;
    let top = y;
    const add = (child, share, isRest, k) => {
      const place = { x: level * step, y: top, width: step, height: room * share };
      const own = { node: child, isRest, ...place, branch: level ? branch : k };
      top += own.height;
      if (own.height < LEAST) return;
      found.push(own);
      if (!isRest) below(child, level + 1, own.y, own.height, own.branch);
    };
    tree.children[node].forEach((child, k) => add(child, shares.middle[child], false, k));
    if (tree.rest_counts[node]) add(node, shares.rest.middle[node], true, tree.children[node].length);
  };
  below(zoom, 0, 0, height, 0);
  return found;
}

/** The cell at a point, null where there is none. */
export const cellAt = (all, x, y) =>
  all.find((cell) => x >= cell.x && x < cell.x + cell.width && y >= cell.y && y < cell.y + cell.height) ?? null;

/** Draw cells; `look` holds {label(cell), size, ink, paper, isPointed(cell)}, the size of its words in px. */
export function paint(context, all, width, height, look) {
  const hues = Array.from({ length: BRANCHES }, (_, i) => colour(`branch-${i}`));
  context.clearRect(0, 0, width, height);
  context.font = `${look.size}px ${FONT}`;
  for (const cell of all) {
    context.globalAlpha = 1;
    context.fillStyle = cell.isRest ? hatching(context, look.ink) : hues[cell.branch % BRANCHES];
    context.globalAlpha = cell.isRest ? 0.55 : 0.5;
    context.fillRect(cell.x, cell.y, cell.width, cell.height);
    context.globalAlpha = 1;
    context.strokeStyle = look.paper;
    context.lineWidth = cell.height > 3 ? 1 : 0.4;
    context.strokeRect(cell.x, cell.y, cell.width, cell.height);
    if (cell.height > look.size) write(context, cell, look);
  }
  context.strokeStyle = look.ink;
  context.lineWidth = 3;
  for (const { x, y, width: w, height: h } of all.filter(look.isPointed)) {
    context.strokeRect(x + 1.5, y + 1.5, Math.max(0, w - 3), Math.max(0, h - 3));
  }
}

function write(context, cell, look) {
  const [name, share] = look.label(cell);
  const line = look.size + 3;
  context.fillStyle = look.ink;
  context.save();
  context.beginPath();
  context.rect(cell.x, cell.y, cell.width, cell.height);
  context.clip();
  const fits = Math.floor((cell.width - 6) / (0.61 * look.size));
  const shown = name.length > fits ? `${name.slice(0, Math.max(1, fits - 1))}…` : name;
  const middle = cell.y + Math.min(cell.height / 2, 60) + 4;
  const two = cell.height >= 2 * line;
  context.fillText(shown, cell.x + 4, two ? middle - line / 2 : middle);
  if (two) context.fillText(share, cell.x + 4, middle + line / 2);
  context.restore();
}

let hatch = null;

/** Oblique lines for what was not looked at. */
function hatching(context, ink) {
  if (hatch?.ink === ink) return hatch.pattern;
  const tile = new OffscreenCanvas(8, 8);
  const pen = tile.getContext("2d");
  pen.strokeStyle = ink;
  pen.lineWidth = 1.2;
  pen.beginPath();
  for (const offset of [-8, 0, 8]) {
    pen.moveTo(offset, 8);
    pen.lineTo(offset + 8, 0);
  }
  pen.stroke();
  hatch = { ink, pattern: context.createPattern(tile, "repeat") };
  return hatch.pattern;
}
