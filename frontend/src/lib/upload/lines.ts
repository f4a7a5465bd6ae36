/** Cuts text that comes in pieces into lines, wherever the pieces end. */
export class LineCutter {
  private rest = "";

  /** The lines that a piece completes; empty ones are left out. */
  push(piece: string): readonly string[] {
    const lines = (this.rest + piece).split("\n");
    this.rest = lines.pop() ?? "";
    return lines.map((line) => line.trim()).filter((line) => line !== "");
  }
}
