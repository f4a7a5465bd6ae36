import { afterEach, describe, expect, test, vi } from "vitest";
import { isPreviewAsked, servicePreview } from "@/lib/upload/service-preview";

const TIFF = [0x49, 0x49, 42, 0, 8, 0, 0, 0];
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const API = "https://api.example";

function file(head: readonly number[], bytes = head.length): File {
  const content = new Uint8Array(bytes);
  content.set(head);
  return new File([content], "left breast, M. Mendez.tif");
}

function answering(...responses: readonly Response[]) {
  const waiting = [...responses];
  const asked = vi.fn(async () => waiting.shift() ?? Response.error());
  vi.stubGlobal("fetch", asked);
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

describe("a picture of a file that browsers do not draw", () => {
  test("is asked for once, without the file's name", async () => {
    const asked = answering(new Response("webp"));
    const tiff = file(TIFF);
    expect(isPreviewAsked(tiff)).toBe(false);
    const pictures = await Promise.all([servicePreview(tiff, API), servicePreview(tiff, API)]);
    expect(await pictures[0]?.text()).toBe("webp");
    expect(pictures[1]).toBe(pictures[0]);
    expect(isPreviewAsked(tiff)).toBe(true);
    expect(asked).toHaveBeenCalledTimes(1);
    const [address, { body }] = asked.mock.calls[0] as unknown as [string, { body: FormData }];
    expect(address).toBe("/api/preview");
    expect([...body.keys()]).toEqual(["file"]);
    expect((body.get("file") as File).name).toBe("image");
  });

  test("comes straight from the API where the file is too large for the site", async () => {
    const asked = answering(new Response("webp"));
    await servicePreview(file(TIFF, 4_000_000), API);
    expect(asked.mock.calls[0]?.at(0)).toBe("https://api.example/preview/");
  });

  test("is asked for again after an error, which says what is wrong", async () => {
    const refusal = { error: { code: "busy", message: "", details: {} } };
    answering(new Response(JSON.stringify(refusal), { status: 503 }), new Response("webp"));
    const tiff = file(TIFF);
    await expect(servicePreview(tiff, API)).rejects.toMatchObject({ code: "busy" });
    expect(isPreviewAsked(tiff)).toBe(false);
    expect(await (await servicePreview(tiff, API))?.text()).toBe("webp");
  });

  test("is not asked for where browsers draw the format, or nobody knows it", async () => {
    const asked = answering();
    expect(await servicePreview(file(PNG), API)).toBeNull();
    expect(await servicePreview(file([1, 2, 3]), API)).toBeNull();
    expect(asked).not.toHaveBeenCalled();
  });
});
