import { send } from "@/lib/api/client";
import { ApiError } from "@/lib/api/error";

/** Delete one record; an unknown record counts as deleted. */
export async function deleteRecord(id: string): Promise<void> {
  try {
    await send("DELETE", `/history/${id}`);
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "unknown_record")) {
      throw error;
    }
  }
}
