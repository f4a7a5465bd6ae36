/** The longest wait for the first view: without a viewer the picture is made all the same. */
const FIRST_VIEW_MS = 1000;

/** Lets the views that the screen waits for go before the picture that is sent. */
export class Turns {
  private views = 0;
  private readonly waiting: (() => void)[] = [];
  private firstView: () => void = () => undefined;
  private readonly begun = new Promise<void>((resolve) => {
    this.firstView = resolve;
  });

  /** Draw a view. */
  async view<T>(draw: () => Promise<T>): Promise<T> {
    this.views += 1;
    try {
      return await draw();
    } finally {
      this.views -= 1;
      this.firstView();
      if (this.views === 0) {
        for (const resume of this.waiting.splice(0)) {
          resume();
        }
      }
    }
  }

  /** Resolves after the first view, or when it is not worth waiting for any longer. */
  async begin(): Promise<void> {
    const patience = new Promise((resolve) => setTimeout(resolve, FIRST_VIEW_MS));
    await Promise.race([this.begun, patience]);
  }

  /** Resolves while no view is drawn. */
  async pass(): Promise<void> {
    while (this.views > 0) {
      await new Promise<void>((resume) => this.waiting.push(resume));
    }
  }
}
