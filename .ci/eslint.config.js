// The rules for the page's scripts: what finds faults, and the length of a line. The type check is tsconfig.json's.
import { readFileSync } from "node:fs";
import js from "@eslint/js";
import globals from "globals";

// Paths that are not brought to these rules yet.
const unfinished = readFileSync(new URL("unfinished", import.meta.url), "utf-8").trim().split("\n");

export default [
  { ignores: ["**/vendor/**", ...unfinished.map((path) => path.replace(/\/$/, "/**"))] },
  js.configs.recommended,
  {
    files: ["**/*.js"],
    languageOptions: { globals: { ...globals.browser, Plotly: "readonly" } },
    rules: {
      "consistent-return": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "max-len": ["error", { code: 120, ignoreStrings: true, ignoreTemplateLiterals: true }],
      "no-nested-ternary": "error",
      "no-shadow": "error",
      "no-unused-expressions": "error",
      "no-unused-vars": ["error", { args: "all", argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
];
