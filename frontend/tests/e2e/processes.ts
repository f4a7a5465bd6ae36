import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SITE_FOLDER = fileURLToPath(new URL("../../", import.meta.url));
export const PROJECT_FOLDER = fileURLToPath(new URL("../../../", import.meta.url));
export const PYTHON = process.env.BIOPSIA_PYTHON ?? join(PROJECT_FOLDER, ".venv/bin/python");
const START_MS = 120_000;

/** Settings of the service beside those of every test, as environment variables. */
type Settings = Readonly<Record<string, string>>;

/** The real service with the bundled model, on a data folder of its own. */
export class Service {
  private process: ChildProcess | null = null;

  private constructor(
    readonly url: string,
    private readonly port: number,
    private readonly folder: string,
    private readonly siteUrl: string,
    private readonly settings: Settings,
  ) {}

  /** Start a service whose API takes large uploads from pages of `siteUrl`. */
  static async start(siteUrl: string, settings: Settings = {}): Promise<Service> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "biopsia-e2e-"));
    const service = new Service(`http://localhost:${port}`, port, folder, siteUrl, settings);
    await service.resume().catch((error) => service.stop().then(() => Promise.reject(error)));
    return service;
  }

  /** Kill it, as a crash would. */
  async kill(): Promise<void> {
    await end(this.process, "SIGKILL");
    this.process = null;
  }

  /** Have it do nothing, its connections open, as a network does that lets nothing through. */
  freeze(): void {
    this.process?.kill("SIGSTOP");
  }

  /** Let it go on. */
  thaw(): void {
    this.process?.kill("SIGCONT");
  }

  /** Start it again, on the same port and data. */
  async resume(): Promise<void> {
    this.process = spawn(PYTHON, ["app.py"], {
      cwd: PROJECT_FOLDER,
      stdio: "ignore",
      env: {
        ...process.env,
        BIOPSIA_PORT: String(this.port),
        BIOPSIA_HOST: "127.0.0.1",
        BIOPSIA_DATA_DIR: this.folder,
        BIOPSIA_CORS_ORIGINS: this.siteUrl,
        BIOPSIA_OWNER_IMAGES_PER_MINUTE: "0",
        BIOPSIA_ADDRESS_IMAGES_PER_MINUTE: "0",
        ...this.settings,
      },
    });
    await untilReady(`${this.url}/health/`, this.process);
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The production build of the site in front of a service. */
export class Site {
  private constructor(
    readonly url: string,
    readonly service: Service,
    private readonly process: ChildProcess,
  ) {}

  static async start(settings: Settings = {}): Promise<Site> {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const service = await Service.start(url, settings);
    const child = spawnSite(port, { BIOPSIA_API_URL: service.url }, "ignore");
    const site = new Site(url, service, child);
    await untilReady(url, child).catch((error) => site.stop().then(() => Promise.reject(error)));
    return site;
  }

  async stop(): Promise<void> {
    await end(this.process, "SIGTERM");
    await this.service.stop();
  }
}

/** Start the site and nothing else. */
export function spawnSite(
  port: number,
  settings: Settings,
  output: "ignore" | "pipe",
): ChildProcess {
  const next = join(SITE_FOLDER, "node_modules/next/dist/bin/next");
  return spawn(process.execPath, [next, "start", "--port", String(port)], {
    cwd: SITE_FOLDER,
    stdio: ["ignore", output, output],
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ...settings },
  });
}

/**
 * A port of this machine that nobody listens on, and none of those that systems give to outgoing
 * connections: these cannot take it while the service is away.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 30_000);
    const server = createServer().listen(port, "127.0.0.1");
    if (await once(server, "listening").catch(() => null)) {
      server.close();
      await once(server, "close");
      return port;
    }
  }
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) {
      throw new Error(`${url} ended with ${child.exitCode}`);
    }
    const response = await fetch(url).catch(() => null);
    if (response?.ok) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} did not answer`);
}

async function end(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, "exit");
  }
}
