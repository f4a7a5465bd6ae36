"use client";

import { type ReactNode, useEffect, useRef, useState } from "react";

// Drawings cost a slow phone half a second each: none is made that nobody is about to see.
const MARGIN = "64px";

interface WhenNearProps {
  /** Classes that give the place its height, so that nothing moves when it is filled. */
  className: string;
  children: ReactNode;
}

/** What need not be there before the visitor comes near it. */
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
