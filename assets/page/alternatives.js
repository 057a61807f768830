// Under the pivotal strip: jump buttons to the most uncertain positions, and what else the model could have written.
import { element, number, probability } from "./format.js";
import { store, update, currentMoment } from "./store.js";

export function showJumps(target) {
  const moment = currentMoment();
  if (!moment) return target.replaceChildren();
  const order = moment.entropy.map((nats, position) => ({ nats, position })).sort((a, b) => b.nats - a.nats);
  const buttons = order.slice(0, 5).map(({ nats, position }) =>
    element(
      "button",
      {
        type: "button",
        class: store.chosen === position ? "jump chosen" : "jump",
        onclick: () => update({ position, chosen: position }),
        title: `token ${position}: entropy ${number(nats, 3)} nats`,
      },
      element("span", { class: "token" }, moment.tokens[position]),
      ` at ${position}`,
    ),
  );
  target.replaceChildren("Most uncertain: ", ...buttons);
}

export function showAlternatives(target) {
  const moment = currentMoment();
  const position = store.chosen;
  if (!moment || position === null || position === undefined || position >= moment.length) {
    return target.replaceChildren(element("p", { class: "empty" }, "Click a position to see what else could stand there."));
  }
  const source = store.moments[moment.source[position]];
  const top = source.written.top[position - source.cut];
  const rows = top.map(([text, logP, logQ]) => row(text, Math.exp(logP), Math.exp(logQ), text === moment.tokens[position]));
  target.replaceChildren(
    element("p", {}, `Token ${position} when it was drawn: the ${top.length} likeliest tokens under the base model p and the proposal q.`),
    element(
      "table",
      { class: "alternatives" },
      element("tr", {}, element("th", {}, "token"), element("th", {}, "p (base)"), element("th", {}, "q (proposal)")),
      ...rows,
    ),
  );
}

function row(text, p, q, isDrawn) {
  const bar = (value, role) => {
    const fill = element("span", { class: `share ${role}` });
    fill.style.width = `${Math.max(1, 60 * value)}px`;
    return element("td", {}, fill, ` ${probability(value)}`);
  };
  const token = element("span", { class: isDrawn ? "token drawn" : "token" }, text);
  return element("tr", {}, element("td", {}, token, isDrawn ? " stands here" : ""), bar(p, "base"), bar(q, "proposal"));
}
