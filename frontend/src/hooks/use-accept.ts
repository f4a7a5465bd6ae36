import { useQuery } from "@tanstack/react-query";
import { modelQuery } from "@/lib/api/queries";
import { acceptOf, READABLE_FORMATS } from "@/lib/upload/formats";

/** What file inputs offer: the formats that the service lists, even before it can be asked. */
export function useAccept(): string {
  const { data: model } = useQuery(modelQuery);
  return acceptOf(model?.limits.formats ?? READABLE_FORMATS);
}
