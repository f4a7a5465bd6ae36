import { SlideError } from "@/lib/slide/error";
import type { Size } from "@/lib/slide/levels";
import { unpackLzw } from "@/lib/slide/lzw";
import { COMPRESSION, type Level } from "@/lib/slide/segments";

/**
 * The samples of a tile that is not JPEG, as many as a whole one has.
 *
 * @param part What of it lies within the level: a last strip has fewer rows than the others.
 * @throws SlideError `corrupt` where it ends before that: what is missing would look like tissue, or
 *   like glass.
 */
export async function unpackedTile(
  content: Uint8Array<ArrayBuffer>,
  { compression, tile, samples }: Level,
  part: Size,
): Promise<Uint8Array> {
  const whole = new Uint8Array(tile.width * tile.height * samples);
  const length = await fill(whole, content, compression);
  if (length < tile.width * part.height * samples) {
    throw new SlideError("corrupt");
  }
  return whole;
}

/** Returns how many bytes there were. */
async function fill(
  whole: Uint8Array,
  content: Uint8Array<ArrayBuffer>,
  compression: number,
): Promise<number> {
  switch (compression) {
    case COMPRESSION.lzw:
      return unpackLzw(content, whole);
    case COMPRESSION.none:
      whole.set(content.subarray(0, whole.length));
      return content.length;
    default:
      return inflate(content, whole);
  }
}

async function inflate(content: Uint8Array<ArrayBuffer>, whole: Uint8Array): Promise<number> {
  const stream = new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.getReader();
  let at = 0;
  while (at < whole.length) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    whole.set(value.subarray(0, whole.length - at), at);
    at += value.length;
  }
  await reader.cancel();
  return at;
}
