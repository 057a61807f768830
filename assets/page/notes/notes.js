// The speaker's notes for what a link shows, on a second device: a page of its own, without the app.
import { element } from "../format.js";
import "../links/controls.js"; // knows the names of the controls
import { filled, known, pages, read, write } from "../links/parameters.js";
import { LESSONS, lessons } from "../learn/lessons.js";
import { file } from "../files.js";

const talk = await file("page/notes/talk.json", JSON.parse); // by page; the lessons bring their own (learn/lessons/)
Object.assign(pages, talk);
const { link, complaints } = read(location.search);
const whole = filled(link);
const notes = whole.page === "learn" && link.lesson ? await ofLesson(link.lesson) : talk[whole.page];

const part = (name) => document.querySelector(`[data-part="${name}"]`);
part("title").textContent = notes.title;
part("complaints").textContent = complaints.join(" ");
const fact = ([name, value]) => [element("dt", {}, name), element("dd", {}, value)];
part("facts").replaceChildren(...Object.entries(facts(whole)).flatMap(fact));
for (const name of ["say", "ask", "look"]) part(name).replaceChildren(...notes[name].map((text) => element("li", {}, text)));
part("way").replaceChildren(...way());

async function ofLesson(number) {
  const { title, talk: own } = (await lessons())[number - 1];
  return { title: `Lesson ${number}: ${title}`, ...own };
}

/** What is on the screen, as far as the link says. */
function facts({ page, preset, prompt, step, ...settings }) {
  if (page === "tree") return { world: known.worlds.find(({ id }) => id === settings.world).title };
  if (page === "compare") return { task: settings.task };
  if (page !== "explore") return {};
  const problem = known.presets.find(({ id }) => id === preset);
  const names = ["model", "alpha", "tau", "B", "blocks", "N", "scope", "seed"].filter((name) => settings[name] !== null);
  return {
    ...(prompt ? { prompt } : { problem: `${preset}: ${problem.prompt}`, "right answer": problem.answer }),
    settings: names.map((name) => `${name} ${settings[name]}`).join(", "),
    step: step?.replace(/p$/, ", not judged yet: ask the room") ?? "the newest",
  };
}

/** To the notes before and after these. */
function way() {
  const pageStops = ["explore", "tree", "compare"].map((page) => ({ page, lesson: null }));
  const stops = [...pageStops, ...Object.keys(LESSONS).map((i) => ({ page: "learn", lesson: Number(i) + 1 }))];
  const here = stops.findIndex((stop) => stop.page === whole.page && (!stop.lesson || stop.lesson === whole.lesson));
  const linkTo = ({ page, lesson }, sign) => {
    const href = `?${write(lesson ? { page, lesson, notes: true } : { page, notes: true })}`;
    return element("a", { href }, `${sign} ${page}${lesson ? ` ${lesson}` : ""}`);
  };
  return [stops[here - 1] && linkTo(stops[here - 1], "←"), stops[here + 1] && linkTo(stops[here + 1], "→")].filter(Boolean);
}
