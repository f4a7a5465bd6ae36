import { describe, expect, it } from "vitest";
import { ApiError } from "@/lib/api/error";
import { LineCutter } from "@/lib/upload/lines";
import { type ProgressEvent, readEvent } from "@/lib/upload/stream-event";
import { StreamedResponse } from "@/lib/upload/streamed-response";
import { patch } from "./result-fixtures";
import { IMAGE_EVENT, tissueEvent } from "./stream-fixtures";

const TISSUE_EVENT = tissueEvent([[true, false]]);
const TILES_EVENT = { event: "tiles", tiles: [[0, 0, 0.5]], done: 1, total: 1 };
// A name of several bytes and of two UTF-16 units, so that no border is harmless.
const RESULT_EVENT = { event: "result", result: patch({ id: "ñ𝄞" }) };
const EVENTS = [IMAGE_EVENT, TISSUE_EVENT, TILES_EVENT, RESULT_EVENT];
const TEXT = EVENTS.map((event) => `${JSON.stringify(event)}\n`).join("");

function reader() {
  const told: ProgressEvent[] = [];
  return { told, response: new StreamedResponse((events) => told.push(...events)) };
}

function thrownBy(act: () => unknown): ApiError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    return error as ApiError;
  }
  throw new Error("nothing was thrown");
}

describe("lines", () => {
  it("come whole, wherever the pieces end", () => {
    const text = "one\n\n  two \r\nthrée 𝄞\nfour";
    for (let size = 1; size <= text.length; size++) {
      const cutter = new LineCutter();
      const lines: string[] = [];
      for (let start = 0; start < text.length; start += size) {
        lines.push(...cutter.push(text.slice(start, start + size)));
      }
      expect(lines).toEqual(["one", "two", "thrée 𝄞"]);
    }
  });
});

describe("a streamed response", () => {
  it("is read while it grows, each event once and in order", () => {
    for (let size = 1; size <= TEXT.length; size++) {
      const { told, response } = reader();
      for (let length = size; length < TEXT.length + size; length += size) {
        response.readAll(TEXT.slice(0, length));
      }
      expect(told).toEqual(EVENTS.slice(0, 3));
      expect(response.end()).toEqual(RESULT_EVENT.result);
    }
  });

  it("tells an event as soon as its line is whole, and those of one piece together", () => {
    const told: (readonly ProgressEvent[])[] = [];
    const response = new StreamedResponse((events) => told.push(events));
    const end = TEXT.indexOf("\n");
    response.readAll(TEXT.slice(0, end));
    expect(told).toEqual([]);
    response.readAll(TEXT.slice(0, end + 1));
    expect(told).toEqual([[IMAGE_EVENT]]);
    response.readAll(TEXT);
    expect(told).toEqual([[IMAGE_EVENT], [TISSUE_EVENT, TILES_EVENT]]);
  });

  it("that ends without a result was interrupted", () => {
    const { response } = reader();
    expect(response.hasBegun).toBe(false);
    response.readAll(TEXT.slice(0, -2));
    expect(response.hasBegun).toBe(true);
    expect(thrownBy(() => response.end()).code).toBe("interrupted");
  });

  it("may end with an error of the service", () => {
    const { told, response } = reader();
    const error = { code: "corrupt_image", message: "cut off", details: { format: "PNG" } };
    const line = JSON.stringify({ event: "error", error });
    const thrown = thrownBy(() => response.readAll(`${JSON.stringify(IMAGE_EVENT)}\n${line}\n`));
    expect(thrown).toMatchObject(error);
    expect(thrown.isOfFile).toBe(true);
    expect(told).toEqual([]);
  });
});

describe("an event", () => {
  it("of a kind that is not known here is left out", () => {
    expect(readEvent('{"event": "colour", "hue": 3}')).toBeNull();
  });

  it.each([
    ["no JSON", "<html>"],
    ["no object", "3"],
    ["no event", '{"width": 3}'],
    ["no name", '{"event": 3}'],
    ["no size", JSON.stringify({ ...IMAGE_EVENT, width: 0 })],
    ["fewer rows than stated", JSON.stringify({ ...TISSUE_EVENT, rows: 2 })],
    ["shorter rows than stated", JSON.stringify({ ...TISSUE_EVENT, columns: 3 })],
    ["no probability", JSON.stringify({ ...TILES_EVENT, tiles: [[0, 0, 1.5]] })],
    ["no place", JSON.stringify({ ...TILES_EVENT, tiles: [[0, -1, 0.5]] })],
    ["no count", JSON.stringify({ ...TILES_EVENT, done: null })],
    ["no result", '{"event": "result", "result": null}'],
    ["no code", '{"event": "error", "error": {}}'],
  ])("with %s is a fault of the service", (_, line) => {
    expect(thrownBy(() => readEvent(line)).code).toBe("internal_error");
  });
});
