// The data that the page opens on: beside its scripts, or inside a page that is one file.
import { parsed } from "./json.js";

/** A data file by its name, read by `read`; Error where there is none. */
export async function file(name, read = parsed) {
  const inside = document.querySelector(`script[data-file="${CSS.escape(name)}"]`);
  return read(inside ? inside.textContent : await fetched(name));
}

async function fetched(name) {
  const response = await fetch(new URL(`../${name}`, import.meta.url));
  if (!response.ok) throw new Error(`${name} could not be read: ${response.status}`);
  return response.text();
}
