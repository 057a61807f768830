// The rules for the page's scripts: what finds faults, and the length of a line. The type check is tsconfig.json's.
import js from "@eslint/js";
import globals from "globals";

// Still to be brought to these rules.
const UNFINISHED = ["ask.js", "bus.js", "json.js", "compare/main.js", "explore/*", "figures.js", "links.js", "links/explore.js", "main.js"]
  .concat(["offline/*", "store.js", "tree/wire.js"])
  .map((name) => `assets/page/${name}`);

export default [
  { ignores: ["**/vendor/**", ...UNFINISHED] },
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
