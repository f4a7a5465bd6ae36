"use client";

import { type ReactNode, useEffect, useRef, useState } from "react";

// Drawings cost a slow phone half a second each, so they are made only when nearly visible.
const MARGIN = "64px";

interface WhenNearProps {
  /** Classes for the placeholder's height, so that nothing moves when it is filled. */
  className: string;
  children: ReactNode;
}

/** Content that is rendered when the visitor scrolls near it. */
export function WhenNear({ className, children }: WhenNearProps) {
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
    <div ref={place} className={className}>
      {isNear && children}
    </div>
  );
}
