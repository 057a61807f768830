// What the page may ask; made by `python -m explorer.page.wire.contract`, so change it there.

/** End the asks of a kind.
 * @typedef {object} Cancel
 * @property {string} kind
 */

/** The tab is being closed.
 * @typedef {object} Leave
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

/** @typedef {{cancel: Cancel, leave: Leave, tree: Tree, dial: Dial, chains: Chains, checks: Checks}} Payloads */
export {};
