// Waiting for a condition on a state whose listeners hear of every change.

/** `until(condition)`: a promise that is kept once the condition holds. */
export const untilOn = (listeners) => (condition) =>
  new Promise((done) => {
    const look = () => {
      if (!condition()) return;
      listeners.delete(look);
      done();
    };
    listeners.add(look);
    look();
  });
