import type { KeptUpload } from "@/lib/upload/kept-upload";

/** Files of this browser that wait for their result, in IndexedDB. */

const DATABASE = "biopsia";
const STORE = "uploads";
/** Limit for all tabs: a dozen of the largest images that the service accepts. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Files of a closed tab are removed after a day. */
const MAX_AGE_MS = 24 * 3600 * 1000;

interface Row extends KeptUpload {
  /** A tab continues only its own uploads: another tab may be working on the others. */
  tab: string;
  /** In milliseconds of `Date.now`. */
  keptAt: number;
}

export class UploadStore {
  private readonly opened = openDatabase();
  private written: Promise<void> = Promise.resolve();

  /** @param tab Name of this tab, the same after a reload. */
  constructor(private readonly tab: string) {}

  /** This tab's uploads, in order of their keys; removes expired ones of all tabs. */
  async read(): Promise<readonly KeptUpload[]> {
    const store = await this.store();
    const rows = await resultOf<Row[]>(store.getAll());
    const oldest = Date.now() - MAX_AGE_MS;
    for (const { key, keptAt } of rows) {
      if (keptAt < oldest) {
        store.delete(key);
      }
    }
    return rows.filter(({ tab, keptAt }) => tab === this.tab && keptAt >= oldest);
  }

  /** Drop finished uploads, and keep as many as fit; resolves when that is done. */
  write(kept: readonly KeptUpload[], droppedKeys: readonly string[]): Promise<void> {
    // One after another; otherwise a late write could keep a dropped upload.
    const written = this.written.then(() => this.writeNow(kept, droppedKeys));
    this.written = written.catch(() => undefined);
    return written;
  }

  private async writeNow(
    kept: readonly KeptUpload[],
    droppedKeys: readonly string[],
  ): Promise<void> {
    for (const key of droppedKeys) {
      await resultOf((await this.store()).delete(key));
    }
    const rows = kept.length > 0 ? await resultOf<Row[]>((await this.store()).getAll()) : [];
    for (const one of fitting(kept, sizesOf(rows), MAX_BYTES)) {
      const row: Row = { ...one, tab: this.tab, keptAt: Date.now() };
      await resultOf((await this.store()).put(row));
    }
  }

  private async store(): Promise<IDBObjectStore> {
    return (await this.opened).transaction(STORE, "readwrite").objectStore(STORE);
  }
}

/** Drop the uploads of every tab; does nothing if the browser keeps none. */
export async function forgetUploads(): Promise<void> {
  try {
    const database = await openDatabase();
    await resultOf(database.transaction(STORE, "readwrite").objectStore(STORE).clear());
    database.close();
  } catch {
    // Nothing was kept.
  }
}

/**
 * The uploads that fit, in order, beside those already kept; a new version of a kept one always
 * fits.
 *
 * @param sizes Bytes of the kept uploads, by key.
 */
export function fitting<Kept extends Pick<KeptUpload, "key" | "file">>(
  kept: readonly Kept[],
  sizes: ReadonlyMap<string, number>,
  maxBytes: number,
): readonly Kept[] {
  let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return kept.filter(({ key, file }) => {
    const more = sizes.has(key) ? 0 : file.size;
    const fits = bytes + more <= maxBytes;
    bytes += fits ? more : 0;
    return fits;
  });
}

function sizesOf(rows: readonly Row[]): ReadonlyMap<string, number> {
  return new Map(rows.map(({ key, file }) => [key, file.size]));
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
  return resultOf(request);
}

function resultOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
