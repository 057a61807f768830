// Numbers and elements as the page writes them.

/** A number with `digits` decimals and a real minus sign; infinities as signs, nothing as a dash. */
export function number(value, digits = 2) {
  if (value === null || value === undefined) return "–";
  if (value === Infinity) return "∞";
  if (value === -Infinity) return "−∞";
  return Number(value).toFixed(digits).replace("-", "−");
}

export const signed = (value, digits = 2) => (value > 0 ? "+" : "") + number(value, digits);

/** A probability that never rounds to an untrue 0 or 1. */
export function probability(value) {
  if (value === 0 || value === 1) return String(value);
  if (value < 0.001) return value.toExponential(1).replace("-", "−");
  return value > 0.999 ? "> 0.999" : value.toFixed(3);
}

export const percent = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} %` : "–");

const listening = new WeakSet(); // elements that were made with a listener of their own

/** An element with attributes and children; text is always text, never markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      made.addEventListener(name.slice(2), value);
      listening.add(made);
    } else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/**
 * Have `target` show these children, and keep the elements that are there already wherever they can stay: a press that
 * began before a redraw still ends as a click, and an open fold stays open.
 */
export function redraw(target, ...children) {
  const before = [...target.childNodes];
  children.forEach((child, i) => {
    const [old, fresh] = [before[i], child instanceof Node ? child : document.createTextNode(child)];
    if (!old) target.append(fresh);
    else if (old.isEqualNode(fresh)) return;
    else if (canBecome(old, fresh)) become(old, fresh);
    else old.replaceWith(fresh);
  });
  before.slice(children.length).forEach((old) => old.remove());
}

const canBecome = (old, fresh) =>
  fresh instanceof Element && old.nodeName === fresh.nodeName && !listening.has(old) && !listening.has(fresh);

function become(old, fresh) {
  for (const { name } of [...old.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
  redraw(old, ...fresh.childNodes);
}

/** The parts of a page by their names in its markup. */
export const partsOf = (root) => (name) => root.querySelector(`[data-part="${name}"]`);

/** A table: a row of headings, then `rows`, which are elements. */
export function table(kind, headings, rows) {
  const head = element("tr", {}, ...headings.map((text) => element("th", { scope: "col" }, text)));
  return element("table", { class: kind }, head, ...rows);
}

/** A colour of the theme on show, by its name in explorer/views/colours.py. */
export const colour = (name) => getComputedStyle(document.body).getPropertyValue(`--${name}`).trim();
