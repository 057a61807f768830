// A link as a QR code, made here: a dialog with the page's own link, or that of the speaker's notes.
import { element } from "../format.js";
import { address, current } from "../links.js";
import { qrcode } from "../vendor/qrcode.js";

const QUIET = 4; // modules of white around a code, as its standard asks
const SVG = "http://www.w3.org/2000/svg";
const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

/** The code's rows of dark modules (true); null for a text that is too long for any. */
export function modules(text) {
  const code = qrcode(0, "M");
  code.addData(text, "Byte");
  try {
    code.make();
  } catch {
    return null;
  }
  const size = [...Array(code.getModuleCount()).keys()];
  return size.map((y) => size.map((x) => code.isDark(y, x)));
}

/** The dialog, in front of everything; Escape or its button closes it. */
export class CodeDialog {
  constructor() {
    this.picture = element("div", { class: "code-picture" });
    this.link = element("p", { class: "code-link" });
    this.warning = element("p", { class: "caption" });
    const choices = Object.keys(LINKS).map((value, i) => {
      const onchange = () => this.show(value);
      return element("label", {}, element("input", { type: "radio", name: "code", value, checked: i === 0, onchange }), ` ${value}`);
    });
    const close = element("button", { type: "button", onclick: () => this.dialog.close() }, "Close");
    const choice = element("div", { class: "choice", role: "radiogroup", "aria-label": "What the code leads to" }, ...choices);
    const parts = [choice, this.picture, this.link, this.warning, close];
    this.dialog = element("dialog", { class: "explore code", "aria-label": "QR code of a link" }, ...parts);
    document.body.append(this.dialog);
  }

  open() {
    this.dialog.querySelector("input").checked = true;
    this.show(Object.keys(LINKS)[0]);
    this.dialog.showModal();
  }

  show(name) {
    const link = address(LINKS[name]());
    this.link.textContent = link;
    const dark = modules(link);
    const tooLong = `This link is ${link.length} characters long, too long for a QR code: copy it instead.`;
    this.picture.replaceChildren(dark ? drawing(dark, link) : element("p", {}, tooLong));
    this.warning.textContent = LOCAL.includes(new URL(link).hostname) ? LOCALLY : "";
  }
}

/** What the code can lead to; nobody in the room needs the presenter's own page. */
const LINKS = {
  "this page": () => ({ ...current(), present: false }),
  "speaker's notes": () => ({ ...current(), present: false, notes: true }),
};
const LOCALLY = "This address is one of this computer alone. For other devices start the app with --host 0.0.0.0 and open it here by the computer's name.";

function drawing(dark, link) {
  const side = dark.length + 2 * QUIET;
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const squares = dark.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")));
  path.setAttribute("d", squares.join(""));
  const label = `QR code of ${link}`;
  const attributes = { viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  svg.append(path);
  return svg;
}
