// JSON as the server writes it: infinities stand as "inf" and "-inf".

const NUMERIC = /^(log_|alpha$)/; // fields that may hold one
const INFINITE = { inf: Infinity, "-inf": -Infinity };
const TEXTS = new Map(Object.entries(INFINITE).map(([text, value]) => [value, text]));

export const parsed = (json) =>
  JSON.parse(json, (key, value) => (NUMERIC.test(key) ? (INFINITE[value] ?? value) : value));

/** The inverse of `parsed`. */
export const written = (value) =>
  JSON.stringify(value, (_key, item) => TEXTS.get(item) ?? item);
