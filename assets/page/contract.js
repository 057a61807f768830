// What the page may ask, by kind; made by `python -m explorer.page.wire.contract`, so change it there.

/**
 * @typedef {object} Payloads
 * @property {{kind: string}} cancel
 * @property {{}} leave
 * @property {{alpha: number|null, is_infinite: boolean, is_tied: boolean, temperature: number|null}} dials
 * @property {{prompt: string|null, model: string|null, alpha: number|null, is_infinite: boolean, is_tied: boolean,
 *   temperature: number|null, block_size: number|null, blocks: number|null, steps: number|null, scope: string|null,
 *   seed: number|null}} run
 * @property {{goal: "end"|"step"|"block"}} play
 * @property {{}} pause
 * @property {{}} stop
 * @property {{speed: number}} speed
 * @property {{}} resync
 * @property {{preset: string|null}} recorded
 * @property {{}} uploaded
 * @property {{}} save
 * @property {{run_id: string}} target
 * @property {{run_id: string, position: number}} alternatives
 * @property {{run_id: string, alphas: (number|"inf")[]}} replay
 * @property {{run_id: string, chains: number|null}} diagnostics
 * @property {{tasks: (string)[], problems: number|null, seed: number|null}} evaluate
 * @property {{}} halt
 * @property {{live: boolean, task: string, problem: number, method: string}} answer
 * @property {{world: object, alpha: number}} tree
 * @property {{world: object, alpha: number}} dial
 * @property {{world: object, kernel: string, runs: number, steps: number, alpha: number, temperature: number|null,
 *   block_size: number, scope: string, seed: number}} chains
 * @property {{}} checks
 */
export {};
