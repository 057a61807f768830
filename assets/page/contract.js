// What the page may ask; made by `python -m explorer.page.wire.contract`, so change it there.

/** End the asks of a kind.
 * @typedef {object} Cancel
 * @property {string} kind
 */

/** The tab is being closed.
 * @typedef {object} Leave
 */

/** Alpha and the proposal temperature, as the panel's dials stand.
 * @typedef {object} Dials
 * @property {number|null} alpha
 * @property {boolean} is_infinite
 * @property {boolean} is_tied
 * @property {number|null} temperature
 */

/** A new chain with the panel's values.
 * @typedef {object} Run
 * @property {string|null} prompt
 * @property {string|null} model
 * @property {number|null} alpha
 * @property {boolean} is_infinite
 * @property {boolean} is_tied
 * @property {number|null} temperature
 * @property {number|null} block_size
 * @property {number|null} blocks
 * @property {number|null} steps
 * @property {string|null} scope
 * @property {number|null} seed
 */

/** More of the living chain.
 * @typedef {object} Play
 * @property {"end"|"step"|"block"} goal
 */

/** No more of the chain for now.
 * @typedef {object} Pause
 */

/** The end of the chain.
 * @typedef {object} Stop
 */

/** Steps a second; 0 is as fast as possible.
 * @typedef {object} Speed
 * @property {number} speed
 */

/** The whole run on screen again.
 * @typedef {object} Resync
 */

/** The recorded run of a preset.
 * @typedef {object} Recorded
 * @property {string|null} preset
 */

/** The trace that was uploaded last.
 * @typedef {object} Uploaded
 */

/** The run on screen as a trace file.
 * @typedef {object} Save
 */

/** What is known of p^alpha under the run on screen.
 * @typedef {object} Target
 * @property {string} run_id
 */

/** What could stand at a position of the run's final text.
 * @typedef {object} Alternatives
 * @property {string} run_id
 * @property {number} position
 */

/** The run on screen at other alphas, with the same random numbers.
 * @typedef {object} Replay
 * @property {string} run_id
 * @property {(number|"inf")[]} alphas
 */

/** Diagnostics of the run on screen and of other chains of it.
 * @typedef {object} Diagnostics
 * @property {string} run_id
 * @property {number|null} chains
 */

/** A live evaluation.
 * @typedef {object} Evaluate
 * @property {(string)[]} tasks
 * @property {number|null} problems
 * @property {number|null} seed
 */

/** The end of the live evaluation; what was answered stays.
 * @typedef {object} Halt
 */

/** An answer of the table as a run on the Explore page.
 * @typedef {object} Answer
 * @property {boolean} live
 * @property {string} task
 * @property {number} problem
 * @property {string} method
 */

/** A tree.
 * @typedef {object} Tree
 * @property {object} world
 * @property {number} alpha
 */

/** The block dial at an alpha.
 * @typedef {object} Dial
 * @property {object} world
 * @property {number} alpha
 */

/** Whole runs of the sampler in a world.
 * @typedef {object} Chains
 * @property {object} world
 * @property {string} kernel
 * @property {number} runs
 * @property {number} steps
 * @property {number} alpha
 * @property {number|null} temperature
 * @property {number} block_size
 * @property {string} scope
 * @property {number} seed
 */

/** The self-test.
 * @typedef {object} Checks
 */

/** @typedef {{cancel: Cancel, leave: Leave, dials: Dials, run: Run, play: Play, pause: Pause, stop: Stop, speed: Speed,
 *  resync: Resync, recorded: Recorded, uploaded: Uploaded, save: Save, target: Target, alternatives: Alternatives,
 *  replay: Replay, diagnostics: Diagnostics, evaluate: Evaluate, halt: Halt, answer: Answer, tree: Tree, dial: Dial,
 *  chains: Chains, checks: Checks}} Payloads */
export {};
