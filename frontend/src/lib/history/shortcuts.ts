/** The keys of the review queue. */

export const SHORTCUTS_COOKIE = "biopsia-shortcuts";

/** Shortcuts work until the visitor switches them off. */
export function areShortcutsOn(cookie: string | undefined): boolean {
  return cookie !== "off";
}

export const KEYS = {
  a: "agree",
  d: "disagree",
  "1": "first",
  "2": "second",
  u: "unsure",
  s: "skip",
  e: "evidence",
  "?": "help",
} as const;

export type Shortcut = (typeof KEYS)[keyof typeof KEYS];

/** The action of a key in upper or lower case; null for other keys, or with a modifier. */
export function shortcutOf(press: {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}): Shortcut | null {
  if (press.ctrlKey || press.metaKey || press.altKey) {
    return null;
  }
  const key = press.key.toLowerCase();
  return isKey(key) ? KEYS[key] : null;
}

function isKey(key: string): key is keyof typeof KEYS {
  return Object.hasOwn(KEYS, key);
}
