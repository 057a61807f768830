// Rows as CSV (RFC 4180): numbers stay numbers, and no text is a formula in whatever opens the file.

const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/; // OWASP, CSV injection: such a cell gets an apostrophe in front

/** `columns` are names, `rows` lists of cells. */
export const csv = (columns, rows) => [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");

function cell(value) {
  if (value === null || value === undefined) return "";
  if (value === Infinity || value === -Infinity) return value > 0 ? "inf" : "-inf";
  if (typeof value !== "string") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n']/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
