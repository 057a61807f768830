// Why something was not done: one sentence, until it is closed.
import { element } from "./format.js";

export function showRefusal({ message }) {
  document.getElementById("refusal")?.remove();
  const close = element("button", { type: "button", onclick: () => box.remove() }, "Close");
  const box = element("div", { id: "refusal", role: "alert" }, element("b", {}, "Not done"), element("p", {}, message), close);
  document.body.append(box);
}
