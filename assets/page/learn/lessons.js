// The lessons in their order, by the names of their files in lessons/. To add one, write its file and its line here.
import { file } from "../files.js";

export const LESSONS = [
  "sharpened",
  "tokens-or-texts",
  "one-step",
  "blocks",
  "pivotal",
  "alpha",
  "does-it-work",
];

/** All lessons: title, what each is about, on which pages, what a speaker may say, and its questions' elements. */
export const lessons = () => Promise.all(LESSONS.map((name) => file(`page/learn/lessons/${name}.html`, read)));

function read(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  const texts = (selector) => [...body.querySelectorAll(selector)].map(({ textContent }) => textContent);
  return {
    title: texts("h1")[0],
    about: texts(".about")[0],
    where: texts(".where")[0],
    talk: { say: texts(".say li"), ask: texts(".ask li"), look: texts(".look li") },
    questions: [...body.querySelectorAll("section")],
  };
}
