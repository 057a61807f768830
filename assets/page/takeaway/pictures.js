// Each figure as a picture, SVG or PNG, drawn by Plotly in the browser.
import { element } from "../format.js";
import { nameOf, pageOf, saveUrl } from "./saving.js";

const SCALE = { svg: 1, png: 2 };

/** A small menu under a figure; `place` is Plotly's own element. */
export function pictureMenu(place) {
  const { part, figure, diagnostic } = place.dataset;
  const what = part ?? figure ?? diagnostic;
  const button = (format) => {
    const onclick = () => savePicture(place, format, what);
    return element("button", { type: "button", "data-picture": format, onclick }, format.toUpperCase());
  };
  const summary = element("summary", { "aria-label": `Save the figure ${what.replaceAll("_", " ")}` }, "Save picture");
  return element("details", { class: "pictures" }, summary, button("svg"), button("png"));
}

async function savePicture(place, format, what) {
  const { clientWidth: width, clientHeight: height } = place;
  const paper = getComputedStyle(place.closest(".card")).backgroundColor;
  const picture = { data: place.data, layout: { ...place.layout, paper_bgcolor: paper } };
  const url = await Plotly.toImage(picture, { format, width, height, scale: SCALE[format] });
  saveUrl(`${nameOf(pageOf(place), what)}.${format}`, url);
}
