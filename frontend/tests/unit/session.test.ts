import { dehydrate, hydrate, QueryClient } from "@tanstack/react-query";
import { afterEach, describe, expect, test } from "vitest";
import { recordQuery } from "@/lib/api/queries";
import {
  forgetEveryResult,
  forgetResult,
  imageOf,
  rememberImage,
  rememberResult,
  subscribeToImages,
} from "@/lib/result/session";
import { patch } from "./result-fixtures";

const IMAGE = new Blob(["tissue"]);
const client = new QueryClient();

function remember(id: string, changes: Parameters<typeof patch>[0] = {}) {
  rememberResult(client, patch({ id, ...changes }), IMAGE);
  return client.getQueryState(recordQuery(id).queryKey);
}

afterEach(() => {
  forgetEveryResult(client);
  client.clear();
});

describe("remembering a result", () => {
  test("asks the history for what is there, or will be, and for nothing else", () => {
    const delayed = [{ code: "save_delayed", message: "", severity: "note" } as const];
    expect(remember("a")?.dataUpdatedAt).toBe(0);
    expect(remember("b", { saved: false, warnings: delayed })?.dataUpdatedAt).toBe(0);
    expect(remember("c", { saved: false })?.dataUpdatedAt).toBeGreaterThan(0);
  });
});

test("who watches the images is told when one is chosen again or dropped", () => {
  const seen: (Blob | undefined)[] = [];
  const end = subscribeToImages(() => seen.push(imageOf("a")));
  rememberImage("a", IMAGE);
  forgetResult(client, "a");
  end();
  rememberImage("a", IMAGE);
  expect(seen).toEqual([IMAGE, undefined]);
});

describe("forgetting", () => {
  test("one leaves nothing of it, and all of the others", () => {
    remember("a");
    remember("b");
    client.setQueryData(["history", "original", "a"], IMAGE);
    forgetResult(client, "a");
    expect(imageOf("a")).toBeUndefined();
    expect(client.getQueryData(recordQuery("a").queryKey)).toBeUndefined();
    expect(client.getQueryData(["history", "original", "a"])).toBeUndefined();
    expect(imageOf("b")).toBe(IMAGE);
    expect(client.getQueryData(recordQuery("b").queryKey)?.result.id).toBe("b");
  });

  test("one is not brought back by a page that the server drew before", () => {
    const server = new QueryClient();
    const { queryKey } = recordQuery("a");
    const record = { result: patch({ id: "a" }), reviews: [], has_original: false };
    const ends = { newer_id: null, older_id: null, case_label: null, folder: null };
    server.setQueryData(queryKey, { ...record, ...ends }, { updatedAt: Date.now() - 1000 });
    const drawn = dehydrate(server);
    hydrate(client, drawn);
    expect(client.getQueryData(queryKey)?.result.id).toBe("a");
    forgetResult(client, "a");
    hydrate(client, drawn);
    expect(client.getQueryData(queryKey)).toBeUndefined();
  });

  test("every one leaves nothing, not even what was not saved", () => {
    remember("a");
    remember("b", { saved: false });
    client.setQueryData(["history", "original", "a"], IMAGE);
    client.setQueryData(["history", "statistics", {}], { total: 2 });
    client.setQueryData(["model"], "stays");
    forgetEveryResult(client);
    expect([imageOf("a"), imageOf("b")]).toEqual([undefined, undefined]);
    for (const key of [recordQuery("a").queryKey, recordQuery("b").queryKey]) {
      expect(client.getQueryData(key)).toBeUndefined();
    }
    expect(client.getQueryData(["history", "original", "a"])).toBeUndefined();
    expect(client.getQueryData(["history", "statistics", {}])).toBeUndefined();
    expect(client.getQueryData(["model"])).toBe("stays");
  });
});
