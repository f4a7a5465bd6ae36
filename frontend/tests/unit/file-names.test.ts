import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  fileNames,
  forgetEveryName,
  forgetName,
  rememberName,
  subscribeToNames,
} from "@/lib/result/file-names";

let stored: Map<string, string>;

beforeEach(() => {
  stored = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => stored.set(key, text),
    removeItem: (key: string) => stored.delete(key),
  });
});

afterEach(() => {
  forgetEveryName();
  vi.unstubAllGlobals();
});

describe("the names of files", () => {
  test("are kept by the id of their record, and dropped with it", () => {
    rememberName("a", "left breast.tif");
    rememberName("b", "b.png");
    expect(fileNames()).toEqual({ a: "left breast.tif", b: "b.png" });
    forgetName("a");
    expect(fileNames()).toEqual({ b: "b.png" });
    forgetEveryName();
    expect([...stored]).toEqual([]);
  });

  test("are the same object until one changes, and tell who listens", () => {
    rememberName("a", "a.png");
    const names = fileNames();
    expect(fileNames()).toBe(names);
    let told = 0;
    const end = subscribeToNames(() => {
      told += 1;
    });
    rememberName("b", "b.png");
    expect(fileNames()).not.toBe(names);
    end();
    rememberName("c", "c.png");
    expect(told).toBe(1);
  });

  test("are a thousand at most, the newest", () => {
    const id = (number: number) => `019ca946-${String(number).padStart(4, "0")}`;
    const names = Array.from({ length: 1000 }, (_, number) => [id(number), `${number}.png`]);
    stored.set("biopsia-file-names", JSON.stringify(Object.fromEntries(names)));
    rememberName(id(1000), "new.png");
    expect(Object.keys(fileNames())).toHaveLength(1000);
    expect(fileNames()[id(0)]).toBeUndefined();
    expect(fileNames()[id(1000)]).toBe("new.png");
  });

  test.each(["no JSON", "null", "7", '{"a": 7}'])("stored as %s are none", (text) => {
    stored.set("biopsia-file-names", text);
    expect(fileNames()).toEqual({});
  });

  test("are none where the browser lets no page store anything", () => {
    vi.stubGlobal("localStorage", undefined);
    rememberName("a", "a.png");
    expect(fileNames()).toEqual({});
  });
});
