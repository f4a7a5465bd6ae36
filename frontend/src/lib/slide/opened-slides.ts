import type { LocalSlide } from "@/lib/slide/local-slide";

/** Slides that this page has open, by their result. */

const slides = new Map<string, LocalSlide>();
const listeners = new Set<() => void>();

export function slideOf(id: string): LocalSlide | null {
  return slides.get(id) ?? null;
}

/** Whether a slide belongs to a result that this page still shows. */
export function isRemembered(slide: LocalSlide): boolean {
  return [...slides.values()].includes(slide);
}

/** Keep the slide of a result until the page is closed, or the result is deleted. */
export function rememberSlide(id: string, slide: LocalSlide): void {
  slides.set(id, slide);
  tell();
}

export function forgetSlide(id: string): void {
  slides.get(id)?.close();
  slides.delete(id);
  tell();
}

export function forgetEverySlide(): void {
  for (const slide of slides.values()) {
    slide.close();
  }
  slides.clear();
  tell();
}

/** Call a listener whenever a slide is kept or dropped; returns a function that ends this. */
export function subscribeToSlides(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) {
    listener();
  }
}
