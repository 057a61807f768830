// A wire as Gradio's hidden element offers one, with answers that were recorded beforehand behind it.
import { written } from "../json.js";

/** `answers` holds by event's name what answers it: (data) => packets. */
export function wire(answers) {
  const props = { value: "" };
  let taken = () => {};
  const watch = (name, take) => (taken = take);
  const trigger = async (event, data = {}) => {
    for (const packet of (await answers[event]?.(data)) ?? []) {
      props.value = written(packet);
      taken();
    }
  };
  return { props, trigger, watch };
}
