// What the type check of the page's scripts must know and cannot see in them.
declare const Plotly: any; // assets/page/vendor/plotly-cartesian.min.js

interface Window {
  explorer: any; // what the browser tests look at
}

interface ParentNode {
  querySelector(selectors: string): any; // the scripts know which kind of element they ask for
  querySelectorAll(selectors: string): NodeListOf<any>;
}

interface Event {
  readonly target: any;
}

interface EventTarget {
  closest(selectors: string): any; // listeners on the document get elements
}
