import { send } from "@/lib/api/client";
import { ApiError } from "@/lib/api/error";

/** Delete one record; one that is gone already is as deleted as can be. */
export async function deleteRecord(id: string): Promise<void> {
  try {
    await send("DELETE", `/history/${id}`);
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "unknown_record")) {
      throw error;
    }
  }
}
