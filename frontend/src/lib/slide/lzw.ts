import { SlideError } from "@/lib/slide/error";

/** TIFF 6.0, section 13. */
const CLEAR = 256;
const END = 257;
const MOST_CODES = 4096;

/** Unpack LZW into as many bytes as there is room for; returns how many there were. */
export function unpackLzw(packed: Uint8Array, unpacked: Uint8Array): number {
  // Each code is bytes that were written before: where they begin, and how many they are.
  const starts = new Int32Array(MOST_CODES);
  const lengths = new Int32Array(MOST_CODES);
  let [at, next, width, buffer, bits] = [0, 258, 9, 0, 0];
  let [lastStart, lastLength] = [0, 0];
  for (const byte of packed) {
    buffer = ((buffer << 8) | byte) & 0xffffff;
    bits += 8;
    if (bits < width) {
      continue;
    }
    bits -= width;
    const code = (buffer >> bits) & ((1 << width) - 1);
    if (code === END || at >= unpacked.length) {
      break;
    }
    if (code === CLEAR) {
      [next, width, lastLength] = [258, 9, 0];
      continue;
    }
    const begin = at;
    if (code < CLEAR) {
      unpacked[at++] = code;
    } else {
      at = copied(unpacked, at, starts, lengths, code, next, lastStart, lastLength);
    }
    if (lastLength > 0 && next < MOST_CODES) {
      starts[next] = lastStart;
      lengths[next] = lastLength + 1;
      next += 1;
    }
    [lastStart, lastLength] = [begin, at - begin];
    width = next >= 2047 ? 12 : next >= 1023 ? 11 : next >= 511 ? 10 : 9;
  }
  return at;
}

function copied(
  target: Uint8Array,
  at: number,
  starts: Int32Array,
  lengths: Int32Array,
  code: number,
  next: number,
  lastStart: number,
  lastLength: number,
): number {
  if (code > next || (code === next && lastLength === 0)) {
    throw new SlideError("corrupt");
  }
  // A code that is not in the table yet is the last one followed by its own first byte, which are
  // adjacent in the output.
  const [start, length] =
    code === next ? [lastStart, lastLength + 1] : [starts[code] as number, lengths[code] as number];
  for (let index = 0; index < length && at < target.length; index++) {
    target[at++] = target[start + index] as number;
  }
  return at;
}
