// Laws of a prefix tree (sampler/exact/prefix_tree.py) at any alpha and block size, as intervals, without the server.

/** Columns of a packet made ready: depths, children, and -Infinity where a node has no rest. */
export function prepared(tree) {
  const n = tree.parents.length;
  const depth = new Int32Array(n);
  const children = Array.from({ length: n }, () => []);
  for (let i = 1; i < n; i += 1) {
    depth[i] = depth[tree.parents[i]] + 1;
    children[tree.parents[i]].push(i);
  }
  // the deepest position after a node
  const reach = Int32Array.from(depth, (own, i) => own + (tree.rest_counts[i] ? 1 : 0));
  for (let i = n - 1; i > 0; i -= 1) reach[tree.parents[i]] = Math.max(reach[tree.parents[i]], reach[i]);
  const isWhole = tree.rest_counts.every((count) => count === 0);
  return { ...tree, n, depth, reach, children, isWhole };
}

/**
 * Shares of every node among its siblings, and of the rest beside them, under block-wise sampling that has converged
 * in each block: p(block | what is frozen)^alpha. B = 1 is token-level temperature 1/alpha, B >= the tree's length is
 * p^alpha, alpha = 1 is the base model. What the search left out may hold anything that its probabilities allow.
 *
 * Returns {low, high, middle, rest: {low, high, middle}, futures: {low, high}}, arrays over nodes; a rest's share is
 * stored at its parent. Futures are logs of the sum of p^alpha over what may follow in the block, 0 at its end.
 */
export function law(tree, alpha, blockSize) {
  const { n, depth, children, parents, rest_counts: counts, log_p: logP } = tree;
  const weights = bounds(n, -Infinity); // log of p^alpha times futures
  const sums = bounds(n, -Infinity);
  const rests = bounds(n, -Infinity);
  const futures = bounds(n, 0);
  for (let i = n - 1; i >= 0; i -= 1) {
    if (counts[i]) [rests.low[i], rests.high[i]] = restBounds(tree, i, alpha, (depth[i] + 1) % blockSize === 0);
    const isOpen = depth[i] % blockSize !== 0 && (children[i].length || counts[i]);
    for (const side of ["low", "high"]) {
      if (isOpen) futures[side][i] = Math.min(0, logAdd(sums[side][i], rests[side][i]));
      weights[side][i] = alpha * logP[i] + futures[side][i];
      if (i) sums[side][parents[i]] = logAdd(sums[side][parents[i]], weights[side][i]);
    }
  }
  return { ...allShares(tree, weights, rests), futures };
}

const bounds = (n, value) => ({ low: new Float64Array(n).fill(value), high: new Float64Array(n).fill(value) });

/** Log bounds of a rest's weight: the sum of p^alpha over its tokens, times their futures in the block, at most 1. */
function restBounds(tree, i, alpha, closesBlock) {
  const mass = tree.rest_log_p[i];
  const largest = tree.rest_largest[i];
  const high = mass + (alpha - 1) * largest;
  if (!closesBlock && alpha > 1 && tree.length - tree.depth[i] > 1) return [-Infinity, high];
  const even = alpha * mass - (alpha - 1) * Math.log(tree.rest_counts[i]); // the least: all of them equally likely
  return [Math.min(high, Math.max(alpha * largest, even)), high];
}

function allShares(tree, weights, rests) {
  const made = () => ({ ...bounds(tree.n, 0), middle: new Float64Array(tree.n) });
  const result = { ...made(), rest: made() };
  result.low[0] = result.high[0] = result.middle[0] = 1;
  for (let parent = 0; parent < tree.n; parent += 1) {
    const own = tree.children[parent];
    if (own.length === 1 && !tree.rest_counts[parent]) {
      result.low[own[0]] = result.high[own[0]] = result.middle[own[0]] = 1;
    } else if (own.length || tree.rest_counts[parent]) divide(parent, own, weights, rests, result);
  }
  return result;
}

/** The shares of some siblings and of the rest beside them. */
function divide(parent, own, weights, rests, result) {
  const lows = [...own.map((child) => weights.low[child]), rests.low[parent]];
  const highs = [...own.map((child) => weights.high[child]), rests.high[parent]];
  const low = sharesOf(lows, othersOf(highs));
  const high = sharesOf(highs, othersOf(lows));
  let total = 0;
  for (let k = 0; k < low.length; k += 1) total += low[k] + high[k];
  const put = (target, place, k) => {
    target.low[place] = low[k];
    target.high[place] = high[k];
    target.middle[place] = (low[k] + high[k]) / (total || 1);
  };
  own.forEach((child, k) => put(result, child, k));
  put(result.rest, parent, own.length);
}

/** For each of some log weights, its share when the others together weigh as much as `others` says. */
function sharesOf(logs, others) {
  return logs.map((value, k) => {
    if (value === -Infinity) return 0;
    return others[k] === -Infinity ? 1 : 1 / (1 + Math.exp(others[k] - value));
  });
}

/** Log of the sum of all but the own one; no difference is taken, so nothing cancels. */
function othersOf(logs) {
  const after = new Array(logs.length + 1).fill(-Infinity);
  for (let k = logs.length - 1; k >= 0; k -= 1) after[k] = logAdd(after[k + 1], logs[k]);
  let before = -Infinity;
  return logs.map((value, k) => {
    const others = logAdd(before, after[k + 1]);
    before = logAdd(before, value);
    return others;
  });
}

const NEGLIGIBLE = 40; // nats; e^-40 is less than a double's last digit

function logAdd(a, b) {
  if (a < b) return logAdd(b, a);
  return b < a - NEGLIGIBLE || a === -Infinity ? a : a + Math.log1p(Math.exp(b - a));
}

/**
 * Interval of a node's probability given an ancestor: the product of the shares on the way.
 * @returns {number[]} low and high
 */
export function given(tree, shares, ancestor, node) {
  const interval = [1, 1];
  for (let i = node; i !== ancestor; i = tree.parents[i]) {
    interval[0] *= shares.low[i];
    interval[1] *= shares.high[i];
  }
  return interval;
}

/** How often sampled completions pass through each node, and through each node's rest: {counts: [[ids, times]]}. */
export function tallied(tree, counts) {
  const nodes = new Float64Array(tree.n);
  const rests = new Float64Array(tree.n);
  for (const [ids, times] of counts) {
    let node = 0;
    nodes[0] += times;
    for (const id of ids) {
      const next = tree.children[node].find((child) => tree.tokens[child] === id);
      if (next === undefined) {
        if (tree.rest_counts[node]) rests[node] += times;
        break;
      }
      node = next;
      nodes[node] += times;
    }
  }
  return { nodes, rests };
}

/** The way from the root to a node, the root left out. */
export function path(tree, node) {
  const nodes = [];
  for (let i = node; i > 0; i = tree.parents[i]) nodes.push(i);
  return nodes.reverse();
}

/** Wilson's 95 % interval of a share of `count` in `n`. */
export function wilson(count, n) {
  const z = 1.959964;
  const share = count / n;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
