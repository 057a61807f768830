// How a parameter's text is checked: `read` gives its value, undefined if it is not what `allowed` says.

const WHOLE = /^\d{1,16}$/;
const DECIMAL = /^\d{1,9}(\.\d{1,9})?$/;
const STEP = /^(\d{1,5}p?|b\d{1,2})$/;

const within = (value, low, high) => (value >= low && value <= high ? value : undefined);

export const whole = ([low, high]) => ({
  allowed: `a whole number from ${low} to ${high}`,
  read: (text) => (WHOLE.test(text) ? within(Number(text), low, high) : undefined),
});

export const decimal = ([low, high]) => ({
  allowed: `a number from ${low} to ${high}`,
  read: (text) => (DECIMAL.test(text) ? within(Number(text), low, high) : undefined),
});

export const orInfinite = ({ allowed, read }) => ({
  allowed: `${allowed}, or inf`,
  read: (text) => (text === "inf" ? Infinity : read(text)),
});

export const oneOf = (choices) => ({
  get allowed() {
    return `one of ${choices().join(", ")}`;
  },
  read: (text) => (choices().includes(text) ? text : undefined),
});

export const textUpTo = (longest) => ({
  allowed: `1 to ${longest} characters long`,
  read: (given) => (given.trim() && given.length <= longest ? given : undefined),
});

export const step = {
  allowed: "a draw such as 12, 12p while it is still proposed, or b2 for the second block as written",
  read(given) {
    if (!STEP.test(given)) return undefined;
    return Number(given) === 0 ? null : given;
  },
};

export const flag = { allowed: "1 or 0", read: (given) => ({ 1: true, 0: false })[given] };

/** Comma lists of control names (controls.js). */
export const listOf = (names) => ({
  get allowed() {
    return `names out of ${names().join(", ")}, with commas between`;
  },
  read: (given) => {
    const found = given.split(",").filter(Boolean);
    return found.every((name) => names().includes(name)) ? [...new Set(found)] : undefined;
  },
});
