// A trace dropped anywhere on the page is opened as the button would open it: same limits, same checks.
import { isLive, NEEDS_LIVE } from "../host.js";
import { update } from "../store.js";

const holdsFiles = (event) => event.dataTransfer?.types.includes("Files") && !event.defaultPrevented;

export function wireDrop() {
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => event.relatedTarget === null && document.body.classList.remove("dropping"));
  addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    if (!holdsFiles(event)) return;
    event.preventDefault();
    if (isLive()) {
      const one = new DataTransfer();
      one.items.add(event.dataTransfer.files[0]);
      const input = document.querySelector("#files input[type=file]");
      input.files = one.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    } else update({ status: `Opening a trace ${NEEDS_LIVE}.` });
  });
}
