import { useQuery } from "@tanstack/react-query";
import { modelQuery } from "@/lib/api/queries";
import { acceptOf, READABLE_FORMATS } from "@/lib/upload/formats";

/** The formats that file inputs accept, also before the service's own list is known. */
export function useAccept(): string {
  const { data: model } = useQuery(modelQuery);
  return acceptOf(model?.limits.formats ?? READABLE_FORMATS);
}
