/** Block and unblock a creator, shown at once and taken back when it was not saved. */
import { useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "../../lib/api/client";
import type { Person } from "../../lib/api/types";
import { readAgain } from "../../lib/queries/readAgain";

const KEY = ["fan", "block"] as const;
type Wish = { readonly creator: Person; readonly blocked: boolean };

/** `blocks` with every wish that is on its way. */
export function useBlocksShown(blocks: readonly Person[] | undefined): readonly Person[] | undefined {
  const wishes = useMutationState({
    filters: { mutationKey: KEY, status: "pending" },
    select: (mutation) => mutation.state.variables as Wish,
  });
  return (
    blocks &&
    wishes.reduce<readonly Person[]>((shown, { creator, blocked }) => {
      const others = shown.filter((one) => one.id !== creator.id);
      return blocked ? [creator, ...others] : others;
    }, blocks)
  );
}

export function useBlock(onDone: (wish: Wish, undo: () => void) => void) {
  const client = useQueryClient();
  const mutation = useMutation({
    mutationKey: KEY,
    scope: { id: KEY.join() },
    networkMode: "always",
    mutationFn: ({ creator, blocked }: Wish) => {
      const path = { params: { path: { creator_id: creator.id } } };
      return ask(
        blocked
          ? api.PUT("/api/fans/blocks/{creator_id}", path)
          : api.DELETE("/api/fans/blocks/{creator_id}", path),
      );
    },
    onSuccess: async (_, wish) => {
      await Promise.all([readAgain(client, ["relationships"]), readAgain(client, ["fans", "blocks"])]);
      for (const key of [["fans", "events"], ["creators"], ["messages"]]) void readAgain(client, key);
      onDone(wish, () => mutation.mutate({ ...wish, blocked: !wish.blocked }));
    },
  });
  return mutation;
}
