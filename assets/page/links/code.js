// A link as a QR code, made here: a dialog with the page's own link, or that of the speaker's notes.
import { address, current } from "../links.js";
import { qrcode } from "../vendor/qrcode.js";

const QUIET = 4; // modules of white around a code, as its standard asks
const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

/** The code's rows of dark modules (true); null for a text that is too long for any. */
function modules(text) {
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
export function openCode() {
  const dialog = document.querySelector("dialog.code");
  dialog.querySelector("[value=page]").checked = true;
  dialog.onchange = () => show(dialog);
  show(dialog);
  dialog.showModal();
}

/** Nobody in the room needs the presenter's own page. */
function show(dialog) {
  const notes = dialog.querySelector("[value=notes]").checked;
  const link = address({ ...current(), present: false, ...(notes && { notes }) });
  dialog.querySelector(".code-link").textContent = link;
  const dark = modules(link);
  dialog.querySelector("svg").toggleAttribute("hidden", !dark);
  if (dark) draw(dialog.querySelector("svg"), dark, link);
  const tooLong = `This link is ${link.length} characters long, too long for a QR code: copy it instead.`;
  dialog.querySelector(".code-picture p").textContent = dark ? "" : tooLong;
  dialog.querySelector(".caption").textContent = LOCAL.includes(new URL(link).hostname) ? LOCALLY : "";
}

const LOCALLY = "This address is one of this computer alone. For other devices start the app with --host 0.0.0.0 and open it here by the computer's name.";

function draw(svg, dark, link) {
  const side = dark.length + 2 * QUIET;
  const squares = dark.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")));
  svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
  svg.setAttribute("aria-label", `QR code of ${link}`);
  svg.querySelector("path").setAttribute("d", squares.join(""));
}
