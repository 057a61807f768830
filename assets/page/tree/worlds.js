// The choice of a world and of what it takes: sliders, a prompt, or a tree of one's own.
import { element } from "../format.js";
import { isLive, NEEDS_LIVE } from "../host.js";
import { ask } from "./wire.js";
import { state, update } from "./state.js";

export class Worlds {
  /** `presets` are suggested for a prompt. */
  constructor(select, caption, fields, presets) {
    this.select = select;
    this.caption = caption;
    this.fields = fields;
    select.append(...state.worlds.map(({ id, title }) => element("option", { value: id }, title)));
    presets.append(...state.presets.map((value) => element("option", { value })));
    select.addEventListener("change", () => this.choose(select.value));
    this.fill(state.world);
  }

  /** Show a world and its values; what is left out stands at its default. */
  fill(named) {
    this.select.value = named.world;
    this.build(named.world, named);
  }

  /** A world that needs nothing typed opens at once. */
  choose(id) {
    this.build(id);
    update({ notice: "" });
    if (!isLive() || !this.world.fields.some(({ kind }) => kind === "tree")) this.plant();
  }

  build(id, values = {}) {
    const world = state.worlds.find((each) => each.id === id);
    this.world = world;
    this.given = values;
    this.caption.textContent = world.caption;
    const fields = world.fields.map((field) => ({ ...field, value: values[field.name] ?? field.value }));
    if (!isLive()) return this.fields.replaceChildren(...recordedAt(fields));
    const needsButton = world.fields.some(({ kind }) => kind === "prompt" || kind === "tree");
    const plant = { type: "button", class: "primary", "data-part": "plant", onclick: () => this.plant() };
    const button = element("button", plant, "Show this tree");
    return this.fields.replaceChildren(...fields.map((field) => this.field(field)), ...(needsButton ? [button] : []));
  }

  field(field) {
    const input = MAKERS[field.kind](field, () => this.plant());
    input.dataset.field = field.name;
    const output = field.kind === "range" ? element("output", {}, String(field.value)) : null;
    if (output) input.addEventListener("input", () => (output.textContent = input.value));
    return element("label", { class: `field ${field.kind}` }, `${field.label} `, input, output);
  }

  /** The values of all fields. */
  typed() {
    const inputs = [...this.fields.querySelectorAll("[data-field]")];
    return Object.fromEntries(inputs.map((input) => [input.dataset.field, valueOf(input)]));
  }

  plant() {
    update({ notice: this.world.patience });
    ask("tree", { world: { ...(isLive() ? this.typed() : this.given), world: this.world.id }, alpha: state.alpha });
  }
}

/** Plain files hold a world at the values that it opens with. */
const recordedAt = (fields) => {
  const told = fields.map(({ label, value }) => element("span", {}, `${label}: `, element("code", {}, String(value))));
  return told.length ? [...told, element("span", {}, `Recorded; another value ${NEEDS_LIVE}.`)] : [];
};

function valueOf(input) {
  if (input.type === "checkbox") return input.checked;
  return input.type === "range" ? Number(input.value) : input.value;
}

const MAKERS = {
  range: ({ min, max, step, value }, oninput) => element("input", { type: "range", min, max, step, value, oninput }),
  model: ({ value }) =>
    element("select", {}, ...state.models.map((name) => element("option", { value: name, selected: name === value }, name))),
  prompt: ({ value }) => element("input", { type: "text", list: "tree-presets", size: 80, spellcheck: "false", value }),
  tree: ({ value }) => treeField(value),
  check: ({ value }) => element("input", { type: "checkbox", checked: value }),
};

/** Text or CSV; a file dropped on it is read here and goes nowhere until the button is pressed. */
function treeField(value) {
  const made = element("textarea", { rows: 9, spellcheck: "false" }, value);
  made.addEventListener("dragover", (event) => event.preventDefault());
  made.addEventListener("drop", async (event) => {
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    made.value = await file.slice(0, 200_001).text(); // one more than is allowed, so that the server can say so
  });
  return made;
}
