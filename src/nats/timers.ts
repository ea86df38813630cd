type Timer = ReturnType<typeof setTimeout>;

/** A timer that keeps no process alive; in browsers none does. */
export function unrefTimer(timer: Timer): Timer {
  (timer as { unref?: () => void }).unref?.();
  return timer;
}
