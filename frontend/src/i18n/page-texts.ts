import type { Messages } from "@/i18n/messages";

/** A file of the messages, or one of its sections: `result`, `result.viewer`. */
export type TextName = {
  [File in keyof Messages]: File | `${File}.${keyof Messages[File] & string}`;
}[keyof Messages];

/** The texts that every page needs in the browser. */
const EVERYWHERE = ["common", "errors"] as const satisfies readonly TextName[];

/**
 * The texts that each page's parts need in the browser, in addition to those of every page. All
 * texts would be half of a page's bytes. A test follows every import to find missing texts.
 */
export const PAGE_TEXTS = {
  home: [
    "upload",
    "result.facts",
    "result.foci",
    "result.legend",
    "result.ruler",
    "result.verdict",
    "result.viewer",
    "slide",
    "threshold",
  ],
  result: ["result", "threshold", "history.filing", "slide"],
  history: ["history"],
  review: ["history", "result", "slide", "threshold"],
  dashboard: ["dashboard"],
  model: ["threshold"],
} as const satisfies Record<string, readonly TextName[]>;

/** The named texts and those of every page, nested as among all texts. */
export function textsOf(messages: Messages, names: readonly TextName[]): Partial<Messages> {
  const picked: Record<string, unknown> = {};
  for (const name of [...EVERYWHERE, ...names]) {
    const [file, section] = name.split(".") as [keyof Messages, string?];
    const texts: Readonly<Record<string, unknown>> = messages[file];
    picked[file] = section
      ? { ...(picked[file] as object | undefined), [section]: texts[section] }
      : texts;
  }
  return picked;
}
