import type { Page } from "@playwright/test";

/** Make the words of the page 15 % longer, as another wording or language would. */
export function lengthenTexts(page: Page): Promise<void> {
  return page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node as Text;
      if (!text.parentElement?.closest("script, style")) {
        text.data = text.data.replace(
          /\p{L}{4,}/gu,
          (word) => word + word.slice(0, Math.ceil(0.15 * word.length)),
        );
      }
    }
  });
}

/**
 * What reaches beyond the page, or beyond a part that cuts it off and does not scroll, and by how
 * many pixels. What is cut with an ellipsis, and what only screen readers are told, is not meant.
 */
export function cutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const beyond = (inner: DOMRect, left: number, right: number) =>
      Math.round(Math.max(inner.right - right, left - inner.left));
    const cutBy = (part: Element, box: DOMRect): number => {
      for (let around: Element | null = part; around; around = around.parentElement) {
        const { overflowX, textOverflow, clipPath } = getComputedStyle(around);
        if (/auto|scroll/.test(overflowX) || textOverflow === "ellipsis" || clipPath !== "none") {
          return 0;
        }
        const { left, right } = around.getBoundingClientRect();
        if (/hidden|clip/.test(overflowX) && beyond(box, left, right) > 1) {
          return beyond(box, left, right);
        }
      }
      return beyond(box, 0, document.documentElement.clientWidth);
    };
    const boxesOf = (part: Element) => {
      const texts = document.createRange();
      texts.selectNodeContents(part);
      return [
        part.getBoundingClientRect(),
        ...(part.firstElementChild ? [] : texts.getClientRects()),
      ];
    };
    const isShown = (part: Element) =>
      part.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      !part.closest("svg, .openseadragon-container");
    return [...document.querySelectorAll("body *")].filter(isShown).flatMap((part) => {
      const by = Math.max(...boxesOf(part).map((box) => (box.width > 1 ? cutBy(part, box) : 0)));
      const name = part.getAttribute("aria-label") ?? part.textContent?.slice(0, 40);
      return by > 1 ? [`${part.tagName} "${name}" by ${by} px`] : [];
    });
  });
}
