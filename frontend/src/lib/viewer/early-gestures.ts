const BEGINNINGS = ["pointerdown", "pointermove", "wheel"] as const;
// A mouse may be let go anywhere.
const ENDS = ["pointerup", "pointercancel"] as const;

type Gesture = PointerEvent | WheelEvent;

/** What is done to a place before a viewer is there to hear it, so that no gesture is lost. */
export class EarlyGestures {
  private noted: Gesture[] = [];

  /** Notes what is done to a place, except where `isHeard`; returns what ends that. */
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

  /** Does it all again to what hears it now; what is still held down goes on there. */
  repeat(target: Element): void {
    const gestures = this.noted;
    const held = this.held();
    this.noted = [];
    for (const gesture of gestures) {
      // An event describes itself.
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
      // Of a way, its end is enough.
      const last = this.noted.at(-1);
      if (gesture.type === "pointermove" && last && isMoveOf(last, gesture.pointerId)) {
        this.noted.pop();
      }
    }
    this.noted.push(gesture);
  }

  /** Pointers that went down, and are not up again. */
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
