import { isKeptAlike, keptOf } from "@/lib/upload/kept-upload";
import { tabName } from "@/lib/upload/tab";
import type { UploadQueue } from "@/lib/upload/upload-queue";
import { UploadStore } from "@/lib/upload/upload-store";
import type { Upload } from "@/lib/upload/uploads";

/**
 * Continue with the uploads that this tab kept before a reload, and keep new ones until they have
 * their result or are removed.
 *
 * Does nothing if the browser has no storage, as in some private windows.
 */
export async function keepUploads(queue: UploadQueue): Promise<void> {
  const opened = await openStore();
  if (opened) {
    const [store, kept] = opened;
    let known = byKey(queue.restore(kept));
    const keep = () => {
      const now = byKey(queue.getSnapshot().items);
      const changed = [...now.values()].filter((item) => {
        const before = known.get(item.key);
        return !(before && isKeptAlike(before, item));
      });
      const dropped = [...known.keys()].filter((key) => !now.has(key));
      known = now;
      if (changed.length > 0 || dropped.length > 0) {
        const written = changed.flatMap((item) => keptOf(item) ?? []);
        // A moved file or a full disk: the upload itself continues.
        store.write(written, dropped).catch(() => undefined);
      }
    };
    queue.subscribe(keep);
    keep();
  }
}

async function openStore() {
  try {
    const store = new UploadStore(tabName());
    return [store, await store.read()] as const;
  } catch {
    return null;
  }
}

/** The uploads to keep. */
function byKey(items: readonly Upload[]): ReadonlyMap<string, Upload> {
  return new Map(
    items.filter((item) => keptOf(item) !== null).map((item) => [item.key, item] as const),
  );
}
