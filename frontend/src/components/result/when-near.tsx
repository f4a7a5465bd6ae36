"use client";

import { type ReactNode, useEffect, useRef, useState } from "react";

const MARGIN = "600px";

/** What need not be there before the visitor comes near it. */
export function WhenNear({ children }: { children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => setIsNear((before) => before || entries.some((entry) => entry.isIntersecting)),
      { rootMargin: MARGIN },
    );
    if (place.current) {
      observer.observe(place.current);
    }
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={place} className="min-h-96">
      {isNear && children}
    </div>
  );
}
