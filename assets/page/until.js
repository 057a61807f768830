// Waits for a condition on a state that calls its listeners at every change.

/** `until(condition)`: a promise that resolves once the condition holds. */
export const untilOn = (listeners) => (condition) =>
  new Promise((done) => {
    const look = () => {
      if (!condition()) return;
      listeners.delete(look);
      done(true);
    };
    listeners.add(look);
    look();
  });
