// What the page may ask, by kind; made by `python -m explorer.page.wire.contract`, so change it there.
export interface Payloads {
  cancel: { kind: string };
  leave: {  };
  dials: { alpha: number|null; is_infinite: boolean; is_tied: boolean; temperature: number|null };
  run: { prompt: string|null; model: string|null; alpha: number|null; is_infinite: boolean; is_tied: boolean; temperature: number|null; block_size: number|null; blocks: number|null; steps: number|null; scope: string|null; seed: number|null };
  play: { goal: "end"|"step"|"block" };
  pause: {  };
  stop: {  };
  speed: { speed: number };
  resync: {  };
  recorded: { preset: string|null };
  uploaded: {  };
  save: {  };
  target: { run_id: string };
  alternatives: { run_id: string; position: number };
  replay: { run_id: string; alphas: (number|"inf")[] };
  diagnostics: { run_id: string; chains: number|null };
  evaluate: { tasks: (string)[]; problems: number|null; seed: number|null };
  halt: {  };
  answer: { live: boolean; task: string; problem: number; method: string };
  tree: { world: object; alpha: number };
  dial: { world: object; alpha: number };
  chains: { world: object; kernel: string; runs: number; steps: number; alpha: number; temperature: number|null; block_size: number; scope: string; seed: number };
  checks: {  };
}
