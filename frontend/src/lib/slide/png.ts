/** Writes a PNG row by row, so that only its compressed bytes are in memory. */

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const CHANNELS = 3;
/** Section 5.4: not critical, private, and meaningless without these pixels. */
const OVERVIEW = "ovWS";
/** PNG (third edition), section 9.2: filters by their numbers. */
const SUB = 1;
const UP = 2;
const PAETH = 4;

/** A PNG of 8-bit RGB, written from top to bottom. */
export class PngWriter {
  private readonly compression = new CompressionStream("deflate");
  private readonly writer = this.compression.writable.getWriter();
  private readonly packed: Promise<readonly Uint8Array[]> = chunksOf(this.compression.readable);
  private before: Uint8Array;

  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly profile: Uint8Array<ArrayBuffer> | null,
  ) {
    this.before = new Uint8Array(width * CHANNELS);
  }

  /** Add whole rows. */
  async write(pixels: Uint8Array): Promise<void> {
    const bytes = this.width * CHANNELS;
    const rows = pixels.length / bytes;
    const filtered = new Uint8Array(rows * (bytes + 1));
    for (let row = 0; row < rows; row++) {
      const line = pixels.subarray(row * bytes, (row + 1) * bytes);
      filterLine(line, this.before, filtered.subarray(row * (bytes + 1), (row + 1) * (bytes + 1)));
      this.before = line;
    }
    this.before = this.before.slice();
    await this.writer.ready;
    await this.writer.write(filtered);
  }

  /**
   * The whole file.
   *
   * @param overview Content of a separate chunk after the pixels, see `makePicture`.
   */
  async end(overview: Uint8Array<ArrayBuffer>): Promise<Blob> {
    await this.writer.close();
    const header = new DataView(new ArrayBuffer(13));
    header.setUint32(0, this.width);
    header.setUint32(4, this.height);
    // 8 bits for each of red, green and blue.
    header.setUint16(8, 0x0802);
    const data = (await this.packed).map((part) => chunk("IDAT", part));
    const profile = this.profile ? [chunk("iCCP", await packedProfile(this.profile))] : [];
    const ends = [chunk("IHDR", new Uint8Array(header.buffer)), ...profile].flat();
    const below = chunk(OVERVIEW, await packed(overview));
    const whole = [
      ...[SIGNATURE, ...ends, ...data.flat(), ...below],
      ...chunk("IEND", new Uint8Array(0)),
    ];
    return new Blob(whole as BlobPart[], { type: "image/png" });
  }

  /** Give up. */
  abort(): void {
    this.packed.catch(() => undefined);
    this.writer.abort().catch(() => undefined);
  }
}

/** The filter whose differences are smallest in sum, as libpng chooses. */
function filterLine(line: Uint8Array, before: Uint8Array, target: Uint8Array): void {
  const filter = bestFilter(line, before);
  target[0] = filter;
  for (let at = 0; at < line.length; at++) {
    const left = at < CHANNELS ? 0 : (line[at - CHANNELS] as number);
    const above = before[at] as number;
    const corner = at < CHANNELS ? 0 : (before[at - CHANNELS] as number);
    const guess = filter === SUB ? left : filter === UP ? above : paeth(left, above, corner);
    target[at + 1] = (line[at] as number) - guess;
  }
}

function bestFilter(line: Uint8Array, before: Uint8Array): number {
  let [ofSub, ofUp, ofPaeth] = [0, 0, 0];
  for (let at = CHANNELS; at < line.length; at++) {
    const value = line[at] as number;
    const left = line[at - CHANNELS] as number;
    const above = before[at] as number;
    ofSub += size(value - left);
    ofUp += size(value - above);
    ofPaeth += size(value - paeth(left, above, before[at - CHANNELS] as number));
  }
  if (ofPaeth <= ofSub && ofPaeth <= ofUp) {
    return PAETH;
  }
  return ofSub <= ofUp ? SUB : UP;
}

/** Absolute value of a difference modulo 256, taken as signed. */
function size(difference: number): number {
  const byte = difference & 255;
  return byte < 128 ? byte : 256 - byte;
}

/** Section 9.4. */
function paeth(left: number, above: number, corner: number): number {
  const a = Math.abs(above - corner);
  const b = Math.abs(left - corner);
  const c = Math.abs(left + above - 2 * corner);
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

async function packed(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([content]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Section 11.3.2.3: name, method, compressed profile. */
async function packedProfile(profile: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const bytes = await packed(profile);
  const whole = new Uint8Array(bytes.length + 5);
  whole.set(new TextEncoder().encode("icc"));
  whole.set(bytes, 5);
  return whole;
}

async function chunksOf(stream: ReadableStream<Uint8Array>): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return chunks;
    }
    chunks.push(value);
  }
}

function chunk(type: string, data: Uint8Array): readonly Uint8Array[] {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, data.length);
  head.set(new TextEncoder().encode(type), 4);
  const tail = new Uint8Array(4);
  const sum = crc(data, crc(head.subarray(4), 0xffffffff)) ^ 0xffffffff;
  new DataView(tail.buffer).setUint32(0, sum >>> 0);
  return [head, data, tail];
}

/** Annex D. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});

function crc(bytes: Uint8Array, start: number): number {
  let value = start;
  for (const byte of bytes) {
    value = (CRC_TABLE[(value ^ byte) & 255] as number) ^ (value >>> 8);
  }
  return value;
}
