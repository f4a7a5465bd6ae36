"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect } from "react";
import { Button, ButtonLink } from "@/components/ui/button";

interface NeighboursProps {
  /** Ids; null at either end of the history. */
  newer: string | null;
  older: string | null;
}

/** To the results before and after this one in the history, newest first. */
export function Neighbours({ newer, older }: NeighboursProps) {
  const t = useTranslations("result.neighbours");
  useKeys(newer, older);
  return (
    <nav aria-label={t("label")} className="flex items-center gap-2">
      <Neighbour id={newer} title={`${t("newer")} (←)`}>
        <ChevronLeft aria-hidden="true" />
        <span className="sr-only sm:not-sr-only">{t("previous")}</span>
      </Neighbour>
      <Neighbour id={older} title={`${t("older")} (→)`}>
        <span className="sr-only sm:not-sr-only">{t("next")}</span>
        <ChevronRight aria-hidden="true" />
      </Neighbour>
    </nav>
  );
}

interface NeighbourProps {
  id: string | null;
  title: string;
  children: ReactNode;
}

function Neighbour({ id, title, children }: NeighbourProps) {
  return id === null ? (
    <Button variant="outline" size="sm" disabled>
      {children}
    </Button>
  ) : (
    <ButtonLink variant="outline" size="sm" href={pathOf(id)} title={title}>
      {children}
    </ButtonLink>
  );
}

function useKeys(newer: string | null, older: string | null) {
  const router = useRouter();
  useEffect(() => {
    const targets: Readonly<Record<string, string | null>> = {
      ArrowLeft: newer,
      ArrowRight: older,
    };
    function onKeyDown(event: KeyboardEvent) {
      const id = targets[event.key];
      if (id && !hasOtherUse(event)) {
        router.push(pathOf(id));
      }
    }
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [router, newer, older]);
}

/** Whether the focused element or an open dialog handles the key itself. */
function hasOtherUse(event: KeyboardEvent): boolean {
  const isChord = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented;
  const takers = "input, textarea, select, dialog, [role=application], [tabindex='0']";
  return isChord || (event.target instanceof Element && event.target.closest(takers) !== null);
}

function pathOf(id: string): string {
  return `/results/${id}`;
}
