import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { apiPath, ask, askFile } from "@/lib/api/client";
import { ApiError } from "@/lib/api/error";
import { retryDelayMs, shouldRetry } from "@/lib/api/retry";

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" ? `http://127.0.0.1:${address?.port}` : "";
}

async function errorOf(response: Promise<unknown>): Promise<ApiError> {
  const error = await response.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

test("a query leaves out what is not set, and repeats lists", () => {
  const query = {
    verdict: ["malignant", "uncertain"],
    search: "a b",
    since: undefined,
    kind: null,
  };
  expect(apiPath("/history", query)).toBe(
    "/api/history?verdict=malignant&verdict=uncertain&search=a+b",
  );
  expect(apiPath("/model")).toBe("/api/model");
});

test("a response's JSON is returned, and null for none", async () => {
  const url = await serve((request, response) => {
    response.statusCode = request.url === "/none" ? 204 : 200;
    response.end(request.url === "/none" ? undefined : '{"deleted": 3}');
  });
  expect(await ask(url)).toEqual({ deleted: 3 });
  expect(await ask(`${url}/none`, { method: "DELETE" })).toBeNull();
});

test("the API's error keeps its code, its details and when to come back", async () => {
  const report = { error: { code: "rate_limited", message: "slow", details: { scope: "owner" } } };
  const url = await serve((_, response) => {
    response.writeHead(429, { "Retry-After": "7" }).end(JSON.stringify(report));
  });
  const error = await errorOf(ask(url));
  expect(error.code).toBe("rate_limited");
  expect(error.details).toEqual({ scope: "owner" });
  expect(error.retryAfterSeconds).toBe(7);
  expect(shouldRetry(0, error)).toBe(true);
  expect(retryDelayMs(0, error)).toBe(7000);
});

test("a file comes as it is, and its errors as any other", async () => {
  const report = { error: { code: "unknown_record", message: "none", details: {} } };
  const url = await serve((request, response) => {
    if (request.url === "/none") {
      response.writeHead(404).end(JSON.stringify(report));
    } else {
      response.writeHead(200, { "Content-Type": "text/csv" }).end("\ufeffa,b\r\n");
    }
  });
  const bytes = await (await askFile(url)).arrayBuffer();
  expect(Buffer.from(bytes).toString("hex")).toBe("efbbbf612c620d0a");
  expect((await errorOf(askFile(`${url}/none`))).code).toBe("unknown_record");
});

test("a proxy's own text means that the service is unreachable", async () => {
  const url = await serve((_, response) => {
    response.writeHead(500).end("Internal Server Error");
  });
  const error = await errorOf(ask(url));
  expect(error.code).toBe("unreachable");
  expect([0, 1, 2, 3].map((failures) => shouldRetry(failures, error))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect([0, 1, 2, 10].map((failures) => retryDelayMs(failures, error))).toEqual([
    1000, 2000, 4000, 30_000,
  ]);
});

test("no response means that the service is unreachable; a cancelled request is not asked again", async () => {
  const url = await serve(() => {});
  const cancelling = new AbortController();
  const waiting = errorOf(ask(url, { signal: cancelling.signal }));
  cancelling.abort();
  expect((await waiting).code).toBe("cancelled");
  expect(shouldRetry(0, await waiting)).toBe(false);
  expect((await errorOf(ask("http://127.0.0.1:9"))).code).toBe("unreachable");
});

test("what the request did wrong is not asked again", async () => {
  const report = { error: { code: "corrupt_image", message: "cut off", details: {} } };
  const url = await serve((_, response) => {
    response.writeHead(422).end(JSON.stringify(report));
  });
  expect(shouldRetry(0, await errorOf(ask(url)))).toBe(false);
});

test.each([
  ["invalid_options", false],
  ["unknown_record", false],
  ["corrupt_image", false],
  ["no_tissue", false],
  ["internal_error", true],
  ["rate_limited", true],
  ["history_unavailable", true],
  ["offline", true],
  ["no_response", true],
] as const)("to try %s again by hand may help: %s", (code, expected) => {
  expect(new ApiError(code, "").mayPass).toBe(expected);
});
