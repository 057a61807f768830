// Puts the page together without Gradio: tabs, a panel, and recorded answers behind the same wires.
import "../main.js";
import { answeredBy } from "../ask.js";
import { file } from "../files.js";
import { plainHost, wireDials } from "./dials.js";
import * as recorded from "./recorded.js";
import { wireTabs } from "./tabs.js";

const { explorer } = window;

const OPEN = {
  explore: openExplore,
  tree: (panel) => explorer.tree.mount(panel),
  compare: (panel) => explorer.comparison.mount(panel),
  learn: (panel) => explorer.learn.mount(panel),
};

async function openExplore(panel) {
  const [{ runs }] = await Promise.all([file("recorded/runs.json"), explorer.mount(panel)]);
  await wireDials(panel, runs);
}

document.body.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches);
answeredBy(recorded.answers);
explorer.links.hostedBy(plainHost);
wireTabs(document.getElementById("tabs"), [...document.querySelectorAll("[role=tabpanel]")], (name, panel) => OPEN[name](panel));
explorer.links.mount(document.querySelector(".link-bar"));
