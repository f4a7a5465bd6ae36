import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { isDrawing } from "@/lib/upload/drawings";

const EXAMPLES = "../hf_space/examples";
const SAMPLES = "public/samples";

it("the site's samples are the service's examples, byte for byte", () => {
  const names = readdirSync(SAMPLES).sort();
  expect(names).toEqual(
    readdirSync(EXAMPLES)
      .filter((name) => name.endsWith(".png"))
      .sort(),
  );
  for (const name of names) {
    expect(readFileSync(`${SAMPLES}/${name}`).equals(readFileSync(`${EXAMPLES}/${name}`))).toBe(
      true,
    );
  }
});

it("a sample is known by its name", () => {
  expect(readdirSync(SAMPLES).every((name) => isDrawing(name))).toBe(true);
  expect([undefined, "scan.png", "copied_drawn_region.png"].some((name) => isDrawing(name))).toBe(
    false,
  );
});
