import { afterEach, expect, test, vi } from "vitest";
import { Turns } from "@/lib/slide/turns";

afterEach(() => vi.useRealTimers());

/** A view that is drawn when told. */
function viewOf(turns: Turns) {
  let draw = () => {};
  const drawn = turns.view(
    () =>
      new Promise<string>((resolve) => {
        draw = () => resolve("bitmap");
      }),
  );
  return { drawn, draw: () => draw() };
}

/** What has happened of a promise by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  const later = Symbol("later");
  await Promise.resolve();
  return (await Promise.race([promise, new Promise((go) => setTimeout(go, 0, later))])) !== later;
}

test("a tile waits until no view is being drawn", async () => {
  const turns = new Turns();
  expect(await isDone(turns.pass())).toBe(true);
  const [one, other] = [viewOf(turns), viewOf(turns)];
  const tile = turns.pass();
  one.draw();
  expect(await one.drawn).toBe("bitmap");
  expect(await isDone(tile)).toBe(false);
  other.draw();
  await tile;
});

test("a tile does not overtake a view that begins as another ends", async () => {
  const turns = new Turns();
  const first = viewOf(turns);
  const tile = turns.pass();
  const second = first.drawn.then(() => viewOf(turns));
  first.draw();
  const view = await second;
  expect(await isDone(turns.pass())).toBe(false);
  view.draw();
  await tile;
});

test("a view that fails lets tiles go on, and its error reaches who asked", async () => {
  const turns = new Turns();
  await expect(turns.view(() => Promise.reject(new Error("corrupt")))).rejects.toThrow("corrupt");
  await turns.pass();
  await turns.begin();
});

test("the picture begins after the first view", async () => {
  const turns = new Turns();
  const begun = turns.begin();
  expect(await isDone(begun)).toBe(false);
  const view = viewOf(turns);
  view.draw();
  await begun;
});

test("without a view the picture begins after a second", async () => {
  vi.useFakeTimers();
  const turns = new Turns();
  let hasBegun = false;
  const begun = turns.begin().then(() => {
    hasBegun = true;
  });
  await vi.advanceTimersByTimeAsync(999);
  expect(hasBegun).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await begun;
});
