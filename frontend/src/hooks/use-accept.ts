import { useQuery } from "@tanstack/react-query";
import { modelQuery } from "@/lib/api/queries";
import { acceptOf } from "@/lib/upload/formats";

/** What file inputs offer: the formats that the service lists, or any image until they are known. */
export function useAccept(): string {
  const { data: model } = useQuery(modelQuery);
  return model ? acceptOf(model.limits.formats) : "image/*";
}
