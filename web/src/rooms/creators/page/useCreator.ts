/** Follow and block, shown at once and taken back when they were not saved. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "../../../lib/api/client";
import { readAgain } from "../../../lib/queries/readAgain";

type Change = { readonly following: boolean } | { readonly blocked: boolean };

function send(username: string, creatorId: string | undefined, change: Change): Promise<unknown> {
  if ("following" in change) {
    const path = { params: { path: { username } } };
    return ask(
      change.following
        ? api.PUT("/api/creators/{username}/follow", path)
        : api.DELETE("/api/creators/{username}/follow", path),
    );
  }
  const path = { params: { path: { creator_id: creatorId ?? "" } } };
  return ask(
    change.blocked
      ? api.PUT("/api/fans/blocks/{creator_id}", path)
      : api.DELETE("/api/fans/blocks/{creator_id}", path),
  );
}

export function useCreatorChange(
  username: string,
  creatorId: string | undefined,
  onDone: (change: Change) => void,
) {
  const client = useQueryClient();
  return useMutation({
    networkMode: "always",
    mutationFn: (change: Change) => send(username, creatorId, change),
    onSuccess: async (_, change) => {
      // The page shows the change until its own answer has it.
      await readAgain(client, ["creators", username]);
      for (const key of ["fans", "relationships", "messages"]) void readAgain(client, [key]);
      onDone(change);
    },
  });
}
