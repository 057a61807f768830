// The link of what the page shows, to copy; and what was wrong with the link that the page was opened by.
import { element } from "../format.js";
import { address, current, read, show } from "../links.js";
import { present } from "../present/present.js";
import { openCode } from "./code.js";
import { faults } from "./explore.js";
import { openTeachers } from "./teacher.js";

/** Called when the bar is in place: does what the page's own address says. */
export async function mount(root) {
  const part = (name) => root.querySelector(`[data-link="${name}"]`);
  part("copy").addEventListener("click", () => copy(part));
  part("present").addEventListener("click", () => present(true));
  part("code").addEventListener("click", openCode);
  part("teacher").addEventListener("click", openTeachers);
  document.body.append(...root.querySelectorAll("dialog")); // they open while the bar is hidden, too
  const { link, complaints } = read(location.search);
  complain(part("complaints"), complaints);
  await show(link).catch((error) => complain(part("complaints"), [...complaints, error.message]));
  root.dataset.isOpen = "";
}

/** Sentences, as text: an address comes from anywhere. */
function complain(target, complaints) {
  target.hidden = !complaints.length;
  if (target.hidden) return;
  const close = element("button", { type: "button", onclick: () => complain(target, []) }, "Close");
  const lines = complaints.slice(0, MOST).map((sentence) => element("li", {}, sentence));
  const rest = complaints.length > MOST ? element("li", {}, `And ${complaints.length - MOST} more.`) : null;
  target.replaceChildren(element("b", {}, "Not all of the link was used"), element("ul", {}, ...lines, rest), close);
}

const MOST = 6;

/** Into the clipboard; where the browser refuses that, into a field, selected. */
async function copy(part) {
  const link = address();
  const field = part("field");
  field.value = link;
  const isCopied = await navigator.clipboard?.writeText(link).then(
    () => true,
    () => false,
  );
  field.hidden = Boolean(isCopied);
  if (!isCopied) field.select();
  const words = isCopied ? "Copied." : "Copy the selected link.";
  const notes = (current().page ?? "explore") === "explore" ? faults() : [];
  part("words").textContent = [words, ...notes].join(" ");
}
