// A state that tells its listeners of changes: each hears of them once, in the next animation frame.

/** `{subscribe, update, until}` of a state; `until(condition)` is a promise that resolves once the condition holds. */
export function watched(state) {
  const listeners = new Set();
  let isScheduled = false;
  const subscribe = (listener) => listeners.add(listener);

  function update(patch) {
    Object.assign(state, patch);
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      for (const listener of listeners) listener(state);
    });
  }

  const until = (condition) =>
    new Promise((done) => {
      const look = () => {
        if (!condition()) return;
        listeners.delete(look);
        done(true);
      };
      listeners.add(look);
      look();
    });
  return { subscribe, update, until };
}
