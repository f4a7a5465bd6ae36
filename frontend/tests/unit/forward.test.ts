import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { addressOf, signedAddress } from "@/lib/server/client-address";
import { forward } from "@/lib/server/forward";

const SECRET = "s".repeat(32);

let server: Server;
let asked: IncomingMessage[];
let bytes: number;

beforeEach(async () => {
  [asked, bytes] = [[], 0];
  server = createServer(async (request, answer) => {
    asked.push(request);
    for await (const chunk of request) {
      bytes += chunk.length;
    }
    answer.writeHead(201, { "Set-Cookie": ["a=1", "b=2"], "X-Request-ID": "r1" });
    answer.end("done");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  vi.stubEnv("BIOPSIA_API_URL", `http://127.0.0.1:${port}/`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function ask(path: string, init: RequestInit & { duplex?: "half" } = {}): Promise<Response> {
  const url = `http://site.example${path}`;
  return forward(new Request(url, init), new URL(url));
}

describe("what is passed on", () => {
  test("method, path, query, body and answer, cookies one by one", async () => {
    const answer = await ask("/api/history/1?page=2", { method: "DELETE", body: "x" });
    expect(asked[0]?.method).toBe("DELETE");
    expect(asked[0]?.url).toBe("/history/1?page=2");
    expect([answer.status, await answer.text(), bytes]).toEqual([201, "done", 1]);
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(answer.headers.get("X-Request-ID")).toBe("r1");
  });

  test("a body as it comes, longer than Next.js keeps in memory", async () => {
    const chunk = new Uint8Array(1024 * 1024);
    let left = 12;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        left -= 1;
        return left < 0 ? controller.close() : controller.enqueue(chunk);
      },
    });
    const answer = await ask("/api/predict", { method: "POST", body, duplex: "half" });
    expect([answer.status, bytes]).toEqual([201, 12 * chunk.length]);
  });

  test.each([
    ["http://lab.example", { host: "lab.example" }],
    ["http://lab.example:3000", { host: "Lab.example:3000" }],
    ["https://lab.example", { host: "lab.example:443" }],
    // A proxy in front of the site may write a host of its own.
    ["https://lab.example", { host: "site:3000", "X-Forwarded-Host": "lab.example" }],
  ])("not the site's own origin %s, which the API does not know", async (origin, hosts) => {
    const headers = { Origin: origin, Authorization: "Basic eDp5", ...hosts };
    await ask("/api/predict", { method: "POST", body: "x", headers });
    expect(asked[0]?.headers.origin).toBeUndefined();
    expect(asked[0]?.headers.authorization).toBe("Basic eDp5");
  });

  test.each([
    "https://evil.example",
    "http://lab.example:81",
    "http://lab.example.evil",
    "null",
    "",
  ])("another site's origin %j, which the API refuses", async (origin) => {
    const headers = { Origin: origin, host: "lab.example" };
    await ask("/api/predict", { method: "POST", body: "x", headers });
    expect(asked[0]?.headers.origin).toBe(origin);
  });

  test("no path that the site does not need", async () => {
    const answer = await ask("/api/metrics");
    expect([answer.status, (await answer.json()).error.code]).toEqual([404, "not_found"]);
    expect(asked).toEqual([]);
  });
});

test("a service that cannot be reached is a busy one", async () => {
  vi.stubEnv("BIOPSIA_API_URL", "http://127.0.0.1:9");
  const answer = await ask("/api/health");
  expect([answer.status, answer.headers.get("Retry-After")]).toEqual([503, "2"]);
  expect((await answer.json()).error).toMatchObject({ code: "unreachable", details: {} });
});

describe("the visitor's address", () => {
  const forwarded = (value: string) => new Headers({ "X-Forwarded-For": value });

  test.each([
    ["1.1.1.1, 203.0.113.7", 1, "203.0.113.7"],
    ["1.1.1.1, 203.0.113.7, 10.0.0.2", 2, "203.0.113.7"],
    ["203.0.113.7", 3, "203.0.113.7"],
    ["203.0.113.7", 0, null],
    ["", 1, null],
  ])("of %j behind %d proxies is %j", (value, hops, expected) => {
    expect(addressOf(forwarded(value), hops)).toBe(expected);
  });

  test("is signed, and what a client says of itself is not passed on", async () => {
    vi.stubEnv("BIOPSIA_SITE_SECRET", SECRET);
    vi.stubEnv("BIOPSIA_SITE_PROXY_HOPS", "1");
    const headers = { "X-Forwarded-For": "203.0.113.7", "X-Biopsia-Client": "1 9.9.9.9 forged" };
    await ask("/api/health", { headers });
    const [seconds, address, signature] = String(asked[0]?.headers["x-biopsia-client"]).split(" ");
    expect(address).toBe("203.0.113.7");
    expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(60);
    const expected = createHmac("sha256", SECRET).update(`${seconds} ${address}`).digest("hex");
    expect(signature).toBe(expected);
  });

  test("is not stated without a secret", async () => {
    vi.stubEnv("BIOPSIA_SITE_PROXY_HOPS", "1");
    expect(await signedAddress(forwarded("203.0.113.7"))).toBeNull();
    await ask("/api/health", { headers: { "X-Biopsia-Client": "1 9.9.9.9 forged" } });
    expect(asked[0]?.headers["x-biopsia-client"]).toBeUndefined();
  });
});
