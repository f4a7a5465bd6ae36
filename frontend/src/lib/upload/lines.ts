/** Splits text that arrives in pieces into lines. */
export class LineCutter {
  private rest = "";

  /** The lines completed by a piece, without empty ones. */
  push(piece: string): readonly string[] {
    const lines = (this.rest + piece).split("\n");
    this.rest = lines.pop() ?? "";
    return lines.map((line) => line.trim()).filter((line) => line !== "");
  }
}
