const BEGINNINGS = ["pointerdown", "pointermove", "wheel"] as const;
// A mouse button may be released anywhere.
const ENDS = ["pointerup", "pointercancel"] as const;

type Gesture = PointerEvent | WheelEvent;

/** Records gestures on an element before its viewer is loaded, so that none is lost. */
export class EarlyGestures {
  private noted: Gesture[] = [];

  /** Records gestures on an element, except where `isHeard`; returns a function that ends this. */
  note(place: EventTarget, isHeard: (target: EventTarget | null) => boolean): () => void {
    const listening = new AbortController();
    const options = { capture: true, passive: true, signal: listening.signal };
    const hear = (event: Event) => {
      if (!isHeard(event.target)) {
        this.add(event as Gesture);
      }
    };
    for (const sign of BEGINNINGS) {
      place.addEventListener(sign, hear, options);
    }
    for (const sign of ENDS) {
      window.addEventListener(sign, hear, options);
    }
    return () => listening.abort();
  }

  /** Replays the gestures on the loaded viewer; pointers that are still down continue there. */
  repeat(target: Element): void {
    const gestures = this.noted;
    const held = this.held();
    this.noted = [];
    for (const gesture of gestures) {
      // An event can be copied from itself.
      const Kind = isPointer(gesture) ? PointerEvent : WheelEvent;
      target.dispatchEvent(new Kind(gesture.type, gesture));
      if (gesture.type === "pointerdown" && isPointer(gesture) && held.has(gesture.pointerId)) {
        target.setPointerCapture(gesture.pointerId);
      }
    }
  }

  private add(gesture: Gesture): void {
    if (isPointer(gesture) && gesture.type !== "pointerdown") {
      if (!this.held().has(gesture.pointerId)) {
        return;
      }
      // For a path, its end is enough.
      const last = this.noted.at(-1);
      if (gesture.type === "pointermove" && last && isMoveOf(last, gesture.pointerId)) {
        this.noted.pop();
      }
    }
    this.noted.push(gesture);
  }

  /** Pointers that are still down. */
  private held(): ReadonlySet<number> {
    const held = new Set<number>();
    for (const gesture of this.noted.filter(isPointer)) {
      if (gesture.type === "pointerdown") {
        held.add(gesture.pointerId);
      } else if (gesture.type !== "pointermove") {
        held.delete(gesture.pointerId);
      }
    }
    return held;
  }
}

function isPointer(gesture: Gesture): gesture is PointerEvent {
  return "pointerId" in gesture;
}

function isMoveOf(gesture: Gesture, pointer: number): boolean {
  return isPointer(gesture) && gesture.type === "pointermove" && gesture.pointerId === pointer;
}
