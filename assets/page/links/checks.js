// How a parameter's text is checked: `read` gives its value, undefined if it is not what `allowed` says.

const STEP = /^(\d{1,5}p?|b\d{1,2})$/;

const ranged = (pattern, kind) => ([low, high]) => ({
  allowed: `${kind} from ${low} to ${high}`,
  read: (text) => (pattern.test(text) && Number(text) >= low && Number(text) <= high ? Number(text) : undefined),
});

export const whole = ranged(/^\d{1,16}$/, "a whole number");
export const decimal = ranged(/^\d{1,9}(\.\d{1,9})?$/, "a number");

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
