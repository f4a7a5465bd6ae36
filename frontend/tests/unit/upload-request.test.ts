import { describe, expect, it } from "vitest";
import { formBody, MAX_JSON_BYTES, wayOf } from "@/lib/upload/request";

describe("the way of an upload", () => {
  it("is JSON through the site as long as the whole body fits", () => {
    const largest = 3 * Math.floor((MAX_JSON_BYTES - 1024) / 4);
    expect(wayOf(1)).toBe("json");
    expect(wayOf(largest)).toBe("json");
    expect(wayOf(largest + 1)).toBe("form");
  });

  it("is a form without the file's name, and without what was not set", () => {
    const image = new File(["x"], "Jane Doe 1970.png", { type: "image/png" });
    const form = formBody(image, { operatingPoint: null, micronsPerPixel: 0.5, save: true });
    const { file, ...fields } = Object.fromEntries(form);
    expect(fields).toEqual({ explain: "false", save: "true", microns_per_pixel: "0.5" });
    expect(file).toMatchObject({ name: "image", size: 1 });
  });
});
