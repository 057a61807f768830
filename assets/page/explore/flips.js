// Flip points as ticks under the alpha slider: where each judged decision, its proposal and u held fixed, would turn.
import { element } from "../format.js";
import { judgedSteps } from "../store.js";

const THUMB = 16; // px that a range input's thumb takes from its track

export function showFlips() {
  const range = document.querySelector("#alpha input[type=range]");
  if (!range) return;
  const strip = stripUnder(range);
  const [low, high] = [Number(range.min), Number(range.max)];
  const isHere = ({ flip_alpha: at }) => at !== null && at >= low && at <= high;
  const flips = judgedSteps().filter(isHere);
  strip.title = `${flips.length} of ${judgedSteps().length} decisions turn between α = ${low} and ${high}, each judged alone (what-if)`;
  strip.replaceChildren(...flips.map((step) => tick(step, (step.flip_alpha - low) / (high - low))));
}

function tick(step, share) {
  const made = element("i", { class: step.is_accepted ? "accepted" : "rejected", title: `step ${step.draw + 1} turns at α = ${step.flip_alpha.toFixed(2)}` });
  made.style.left = `calc(${THUMB / 2}px + (100% - ${THUMB}px) * ${share})`;
  return made;
}

/** The strip is laid over the slider's lower edge, as wide as its track. */
function stripUnder(range) {
  const known = range.parentElement.querySelector(".flips");
  if (known) return known;
  const strip = element("span", { class: "flips", "aria-hidden": "true" });
  range.after(strip);
  const fit = () => {
    const { offsetLeft: left, offsetWidth: width, offsetTop: top, offsetHeight: height } = range;
    Object.assign(strip.style, { left: `${left}px`, width: `${width}px`, top: `${top + height}px` });
  };
  new ResizeObserver(fit).observe(range); // and at once
  return strip;
}
